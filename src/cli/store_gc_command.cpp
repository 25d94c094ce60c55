#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/transfer/collect_garbage.hpp>

#include "age.hpp"
#include "command_line.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "store_commands.hpp"
#include "upkeep_commands.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace attache {

namespace {

std::string text_of(const ObjectTotal& total) {
  return fmt::format("{}, {}", counted(total.objects, "object", "objects"), human_size(total.bytes));
}

void add_total(JsonWriter& json, std::string_view name, const ObjectTotal& total) {
  json.key(name).begin_object().member("objects", total.objects).member("bytes", total.bytes).end_object();
}

/// What only manifests in the store name goes as well, if these are not to be read: better said.
Status warn_of_other_manifests(ObjectStore& store, Console& console, const std::stop_token& stop) {
  ATTACHE_ASSIGN(const ListPage page, store.list("Manifests/", {.start_after = {}, .max_keys = 1}, stop));
  if (page.objects.empty()) return {};
  console.warn("the store has manifests of its own, e.g. " + printable(page.objects.front().key) +
               "; what only they name counts as garbage without --all-manifests");
  return {};
}

}  // namespace

Result<ExitStatus> run_store_gc(const StoreGcCommand& command, const CliEnvironment& environment, Console& console) {
  GarbageOptions options;
  if (!command.older_than.empty()) {
    const std::optional<std::uint64_t> age = parse_age(command.older_than);
    if (!age) {
      return fail(ErrorCode::kInvalidArgument, "'" + printable(command.older_than) + "' is no age",
                  "write a number and s, m, h, d or w, such as --older-than 7d");
    }
    options.min_age = std::chrono::seconds(static_cast<std::int64_t>(*age));
  }
  ATTACHE_ASSIGN(options.chunk_size, parse_chunk_size(command.chunk_size));
  ATTACHE_ASSIGN(const std::vector<AnyManifest> manifests,
                 read_manifests(command.manifests, environment, command.chunk_size));
  options.manifests = manifests;
  options.all_manifests = command.all_manifests;
  options.remove = command.remove;
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));
  if (!command.all_manifests && !manifests.empty()) {
    ATTACHE_TRY(warn_of_other_manifests(*store, console, environment.stop));
  }
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store->root_uri());
  json.member("delete", command.remove).key("objects").begin_array();
  options.garbage = [&](const ObjectInfo& object) {
    if (console.wants_detail()) {
      console.detail(fmt::format("garbage: {} ({})", printable(object.key), human_size(object.size)));
    }
    if (console.wants_json()) {
      json.begin_object().member("key", object.key).member("size", object.size).end_object();
    }
  };
  options.progress = console.progress("Looking at objects");
  auto report = collect_garbage(*store, options, environment.stop);
  options.progress = {};
  if (!report) {
    if (report.error().code() != ErrorCode::kCancelled || !command.remove) return fail(std::move(report).error());
    return fail(ErrorCode::kCancelled, "deleting garbage in " + store->root_uri() + " cancelled",
                "run the same command again: it goes on with what is left");
  }
  json.end_array();
  ExitStatus status = ExitStatus::kOk;
  // They mostly have one reason.
  constexpr std::size_t kMostWarnings = 10;
  for (std::size_t i = 0; i < report->failures.size(); ++i) {
    const Error& error = report->failures[i].error;
    if (i < kMostWarnings) console.warn(error);
    if (status == ExitStatus::kOk) status = exit_status_of(error.code());
  }
  if (report->failures.size() > kMostWarnings) {
    console.warn(fmt::format("{} objects in all could not be deleted; --json lists them", report->failures.size()));
  }
  console.print(fmt::format("{}: {} by {} kept", store->root_uri(), text_of(report->named),
                            counted(manifests.size() + report->store_manifests, "manifest", "manifests")));
  if (report->young.objects != 0) console.print("Too young to judge: " + text_of(report->young));
  if (report->foreign.objects != 0) console.print("Not content, left alone: " + text_of(report->foreign));
  console.print("Garbage: " + text_of(report->garbage));
  if (command.remove) {
    console.print("Deleted: " + text_of(report->removed));
    if (report->saved.objects != 0) {
      console.print("Kept for manifests that came meanwhile: " + text_of(report->saved));
    }
  } else if (report->garbage.objects != 0) {
    console.print("Nothing was deleted; --delete does it");
  }
  json.member("manifests", std::uint64_t{manifests.size()}).member("storeManifests", report->store_manifests);
  add_total(json, "named", report->named);
  add_total(json, "young", report->young);
  add_total(json, "foreign", report->foreign);
  add_total(json, "garbage", report->garbage);
  add_total(json, "saved", report->saved);
  add_total(json, "removed", report->removed);
  json.key("failures").begin_array();
  for (const KeyFailure& failure : report->failures) {
    json.begin_object().member("key", failure.key).member("error", failure.error.to_string()).end_object();
  }
  json.end_array().end_object();
  console.print(json);
  return status;
}

void add_store_gc(CLI::App& store, CommandLine& line) {
  CLI::App* app = store.add_subcommand("gc", "Find content that no manifest needs, and delete it if told to");
  const auto command = std::make_shared<StoreGcCommand>();
  app->add_option("-m,--manifests", command->manifests, "Manifest file whose content is kept; may be repeated")
      ->allow_extra_args(false);
  app->add_flag("--all-manifests", command->all_manifests,
                "Keep what every manifest below Manifests/ in the store names; all must be readable");
  app->add_option(
      "--older-than", command->older_than,
      "Only objects written longer ago: a number and s, m, h, d or w. Default: 1d, so that uploads that are "
      "under way are safe");
  app->add_flag("--delete", command->remove, "Delete it, without asking; otherwise it is only counted");
  app->add_option("--chunk-size", command->chunk_size,
                  "Of files with a hash for each chunk; bytes, or a number with KiB, MiB or GiB. Default: 256MiB");
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "Only objects under a content's key below Data/ are ever deleted. --verbose lists them.\n"
      "Nothing that uses old content again may be submitted meanwhile: docs/upkeep.md.\n\n"
      "Example:\n"
      "  attache store gc --all-manifests --s3-root-uri s3://my-bucket/my-farm\n"
      "  attache store gc --all-manifests --older-than 30d --delete --s3-root-uri s3://my-bucket/my-farm");
  choose(*app, line, command, run_store_gc);
}

}  // namespace attache
