#include "upload_batch.hpp"

#include <attache/store/cas_layout.hpp>

#include <utility>

namespace attache {

Status UploadBatch::run(const std::stop_token& stop) {
  // An error of the store must not wait for what is still under way.
  const std::stop_callback link(stop, [this] { inner_.request_stop(); });
  Status status;
  has_more_ = true;
  do status = context_.store.run(*this, inner_.get_token());
  while (status && !ready_.empty());
  if (error_) return fail(*error_);
  return status;
}

std::optional<ObjectTask> UploadBatch::next() {
  for (;;) {
    if (error_) return std::nullopt;
    std::optional<std::size_t> number;
    if (!ready_.empty()) {
      number = ready_.front();
      ready_.pop_front();
    } else if (has_more_) {
      number = take();
    }
    if (!number) return std::nullopt;
    if (std::optional<ObjectTask> task = task_of(*number)) return task;
  }
}

// A new item, with its first step.
std::optional<std::size_t> UploadBatch::take() {
  std::optional<UploadItem> item = supply_.next();
  if (!item) {
    has_more_ = false;
    return std::nullopt;
  }
  std::size_t number = slots_.size();
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[number];
  slot.item = *std::move(item);
  slot.replaces = slot.item.presence == Presence::kOther;
  slot.was_asked = false;
  if (slot.item.presence == Presence::kAbsent || slot.replaces) {
    slot.step = Step::kPut;
  } else if (!context_.store.is_service() || context_.options.check == CheckCacheUse::kForce ||
             context_.options.dry_run) {
    slot.step = Step::kHead;
  } else {
    const FirstAsk ask = first_ask(slot.item.size, slot.item.expected, context_.asked, context_.there);
    slot.step = ask == FirstAsk::kHead ? Step::kHead : Step::kConditionalPut;
  }
  return number;
}

// Nothing if the item is done with: its file cannot be opened, or nothing is to be sent.
std::optional<ObjectTask> UploadBatch::task_of(std::size_t number) {
  Slot& slot = slots_[number];
  if (slot.step != Step::kHead && context_.options.dry_run) {
    ++context_.tally.puts;
    settle(number, slot.replaces ? UploadOutcome::kResent : UploadOutcome::kSent);
    return std::nullopt;
  }
  ObjectTask task;
  task.number = number;
  task.key = data_key(slot.item.hash);
  if (slot.step == Step::kHead) {
    ++context_.tally.heads;
    return task;
  }
  task.kind = ObjectTask::Kind::kPut;
  task.put.only_if_absent = slot.step == Step::kConditionalPut;
  task.put.mtime_us = slot.item.mtime_us;
  if (slot.item.owner) {
    task.source = &slot.memory.emplace(slot.item.bytes);
  } else {
    if (const Status opened = supply_.open(slot.item, slot.file); !opened) {
      context_.faults.add(opened.error());
      release(number);
      return std::nullopt;
    }
    task.source = &slot.file;
  }
  ++context_.tally.puts;
  return task;
}

void UploadBatch::done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) {
  Slot& slot = slots_[task.number];
  if (slot.step == Step::kHead) return head_done(task.number, result);
  slot.file.close();
  put_done(task.number, result);
}

void UploadBatch::head_done(std::size_t number, const Result<std::optional<ObjectInfo>>& result) {
  Slot& slot = slots_[number];
  if (!result) {
    fail_with(result.error());
    return release(number);
  }
  const std::optional<ObjectInfo>& found = *result;
  if (!std::exchange(slot.was_asked, true)) context_.count_answer(found.has_value());
  if (found && found->size == slot.item.size) return settle(number, UploadOutcome::kPresent);
  slot.replaces = found.has_value();
  supply_.missing(slot.item);
  put_next(number, Step::kPut);
}

void UploadBatch::put_done(std::size_t number, const Result<std::optional<ObjectInfo>>& result) {
  Slot& slot = slots_[number];
  const bool was_conditional = slot.step == Step::kConditionalPut;
  if (result) {
    if (was_conditional && !std::exchange(slot.was_asked, true)) context_.count_answer(false);
    return settle(number, slot.replaces ? UploadOutcome::kResent : UploadOutcome::kSent);
  }
  const Error& error = result.error();
  if (was_conditional && error.code() == ErrorCode::kAlreadyExists) {
    if (!std::exchange(slot.was_asked, true)) context_.count_answer(true);
    return put_next(number, Step::kHead);
  }
  // Perhaps the service has no conditional requests; if it is not that, the plain ones fail, too.
  const bool may_be_unknown = error.code() == ErrorCode::kUnsupported || error.code() == ErrorCode::kService ||
                              error.code() == ErrorCode::kInvalidArgument;
  if (was_conditional && may_be_unknown) return put_next(number, Step::kHead);
  const bool is_of_file = !slot.item.owner && (slot.file.has_failed() || error.code() == ErrorCode::kSourceChanged);
  if (is_of_file) {
    context_.faults.add(error);
  } else {
    fail_with(error);
  }
  release(number);
}

void UploadBatch::put_next(std::size_t number, Step step) {
  slots_[number].step = step;
  ready_.push_back(number);
}

void UploadBatch::settle(std::size_t number, UploadOutcome outcome) {
  const UploadItem& item = slots_[number].item;
  if (!context_.options.dry_run) {
    context_.existence.record(item.hash);
  }
  supply_.settled(item, outcome);
  release(number);
}

void UploadBatch::release(std::size_t number) {
  Slot& slot = slots_[number];
  slot.item.owner.reset();
  slot.memory.reset();
  slot.file.close();
  free_.push_back(number);
}

void UploadBatch::fail_with(const Error& error) {
  // What was cancelled because of the first error is none.
  if (!error_ && (error.code() != ErrorCode::kCancelled || !inner_.stop_requested())) error_ = error;
  inner_.request_stop();
}

}  // namespace attache
