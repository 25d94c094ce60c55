#include <attache/base/text.hpp>
#include <attache/base/timestamp.hpp>
#include <attache/manifest_store/manifest_places.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace attache {

namespace {

Status check_id(std::string_view what, std::string_view id) {
  const auto refuse = [&](const std::string& why) -> Status {
    return fail(ErrorCode::kInvalidArgument, "the " + std::string(what) + " " + why,
                "give the id as the service names it, e.g. job-0123456789abcdef0123456789abcdef");
  };
  if (id.empty()) return refuse("is missing");
  const bool control = std::any_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (id == "." || id == ".." || id.find('/') != std::string_view::npos || control) {
    return refuse("'" + printable(id) + "' cannot be part of a key");
  }
  return {};
}

/// "<farm>/<queue>/<job>[/<step>[/<task>]]"
Result<std::string> folder_of(const JobScope& scope) {
  ATTACHE_TRY(check_id("farm id", scope.farm_id));
  ATTACHE_TRY(check_id("queue id", scope.queue_id));
  ATTACHE_TRY(check_id("job id", scope.job_id));
  std::string folder = scope.farm_id + "/" + scope.queue_id + "/" + scope.job_id;
  if (scope.step_id.empty()) {
    if (scope.task_id.empty()) return folder;
    return fail(ErrorCode::kInvalidArgument,
                "the task '" + printable(scope.task_id) + "' is given without the step that it belongs to",
                "give the step id, too");
  }
  ATTACHE_TRY(check_id("step id", scope.step_id));
  folder += "/" + scope.step_id;
  if (scope.task_id.empty()) return folder;
  ATTACHE_TRY(check_id("task id", scope.task_id));
  return folder + "/" + scope.task_id;
}

}  // namespace

Result<std::string> input_folder(std::string_view farm_id, std::string_view queue_id, std::string_view guid) {
  ATTACHE_TRY(check_id("farm id", farm_id));
  ATTACHE_TRY(check_id("queue id", queue_id));
  ATTACHE_TRY(check_id("guid", guid));
  return std::string(farm_id) + "/" + std::string(queue_id) + "/Inputs/" + std::string(guid);
}

std::string random_guid() {
  std::random_device random;  // the system's generator: processes that start together do not share its state
  std::array<std::uint32_t, 4> words{};
  for (std::uint32_t& word : words) word = random();
  words[1] = (words[1] & 0xFFFF0FFFU) | 0x00004000U;  // version 4 and variant 1, as in a UUID
  words[2] = (words[2] & 0x3FFFFFFFU) | 0x80000000U;
  std::string guid;
  for (const std::uint32_t word : words) {
    for (unsigned shift = 32; shift > 0; shift -= 4) guid += "0123456789abcdef"[(word >> (shift - 4)) & 0xFU];
  }
  return guid;
}

Result<std::string> output_folder(const JobScope& scope, std::string_view session_action_id, double seconds) {
  ATTACHE_ASSIGN(const std::string folder, folder_of(scope));
  if (scope.step_id.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the outputs of a session action are given without its step",
                "give the step id, too");
  }
  ATTACHE_TRY(check_id("session action id", session_action_id));
  ATTACHE_ASSIGN(const std::string time, iso_timestamp(seconds));
  return folder + "/" + time + "_" + std::string(session_action_id);
}

Result<std::string> outputs_prefix(const JobScope& scope) {
  ATTACHE_ASSIGN(const std::string folder, folder_of(scope));
  return std::string(kManifestsPrefix) + folder + "/";
}

Result<std::string> inputs_prefix(std::string_view farm_id, std::string_view queue_id) {
  ATTACHE_TRY(check_id("farm id", farm_id));
  ATTACHE_TRY(check_id("queue id", queue_id));
  return std::string(kManifestsPrefix) + std::string(farm_id) + "/" + std::string(queue_id) + "/Inputs/";
}

}  // namespace attache
