#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>

namespace attache {

// Where manifests lie (incumbent formats, section 4), relative to the root prefix of the store:
//
//   Manifests/<farm>/<queue>/Inputs/<guid>/<h>_input                                  input manifest of a job's root
//   Manifests/<farm>/<queue>/<job>/<step>/<task>/<time>_<session action>/<h>_output   output manifest of a task
//   Manifests/<farm>/<queue>/<job>/<step>/<time>_<session action>/<h>_output          of a step that runs in chunks
//
// What the service's API calls a manifest's path (inputManifestPath, outputManifestPath) lacks `Manifests/`: here a
// *folder* is such a path without the object's name. The names are those of paths/names.hpp. A job's id is in none of
// its inputs' keys: which ones are its inputs only its attachments say.
//
// Ids are taken as they are, but each must be one component of a key: kInvalidArgument, naming it, for one that is
// empty, `.`, `..`, or holds a slash or a control character.

/// The job, or the part of it, whose outputs are meant.
struct JobScope {
  std::string farm_id;
  std::string queue_id;
  std::string job_id;
  std::string step_id{};  ///< empty: all steps
  std::string task_id{};  ///< empty: all tasks, and what belongs to none; with it there must be a step
};

/// The folder of one input manifest. One guid for each manifest, not for each job.
Result<std::string> input_folder(std::string_view farm_id, std::string_view queue_id, std::string_view guid);

/// A name that nobody else has: a random UUID without its dashes, 32 lower-case hex digits. Any thread may call it.
std::string random_guid();

/// The folder of the output manifests that a session action leaves. `seconds` since 1970 is when it ended, cut off to
/// microseconds as iso_timestamp() does. A scope without task is a step that runs in chunks; the step must be there.
Result<std::string> output_folder(const JobScope& scope, std::string_view session_action_id, double seconds);

/// What every key of a scope's output manifests starts with: ends with `/`.
Result<std::string> outputs_prefix(const JobScope& scope);
/// The same of the input manifests of all jobs of a queue.
Result<std::string> inputs_prefix(std::string_view farm_id, std::string_view queue_id);

/// What a manifest's key starts with: "Manifests/".
inline constexpr std::string_view kManifestsPrefix = "Manifests/";

}  // namespace attache
