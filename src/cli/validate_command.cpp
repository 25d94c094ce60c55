#include <attache/base/text.hpp>
#include <attache/manifest/any_manifest.hpp>

#include "manifest_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"

#include <fmt/format.h>

#include <limits>

namespace attache {

namespace {

std::string_view to_text(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

/// As compilers do it, so that editors find the place: "m.manifest:1:42: error: paths[3] ('a/b'): ... [rule]".
void print_violation(const std::string& label, const Violation& violation, Console& console) {
  const std::string place =
      violation.line == 0 ? label : fmt::format("{}:{}:{}", label, violation.line, violation.column);
  const std::string where = violation.where.empty() ? "" : violation.where + ": ";
  console.print(fmt::format("{}: {}: {}{} [{}]", place, to_text(violation.severity), where, violation.message,
                            to_string(violation.rule)));
  console.print("  what to do: " + violation.remedy);
}

void add_violation(JsonWriter& json, const Violation& violation) {
  json.begin_object().member("severity", to_text(violation.severity)).member("rule", to_string(violation.rule));
  if (violation.line != 0) json.member("line", violation.line).member("column", violation.column);
  if (!violation.where.empty()) json.member("where", violation.where);
  json.member("message", violation.message).member("remedy", violation.remedy).end_object();
}

std::string verdict(const Violations& found, bool passes) {
  const std::string errors = counted(found.errors, "error", "errors");
  const std::string warnings = counted(found.warnings, "warning", "warnings");
  if (found.errors > 0) return fmt::format("not valid: {}, {}", errors, warnings);
  if (found.warnings == 0) return "valid";
  return passes ? fmt::format("valid, with {}", warnings) : fmt::format("{}, which --strict does not allow", warnings);
}

}  // namespace

Result<ExitStatus> run_validate(const ValidateCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_TRY(check_inputs(command.files));
  DecodeOptions options;
  ATTACHE_ASSIGN(options.chunk_size, parse_chunk_size(command.chunk_size));
  const std::size_t limit = command.limit == 0 ? std::numeric_limits<std::size_t>::max() : command.limit;

  std::uint64_t failed = 0;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).key("manifests").begin_array();
  for (const std::string& file : command.files) {
    ATTACHE_ASSIGN(const std::string document, read_document(file, environment));
    ATTACHE_ASSIGN(const ManifestFormat format, detect_format(document));
    ATTACHE_ASSIGN(const Violations found, validate_manifest(document, options, limit));
    const bool passes = found.errors == 0 && (!command.strict || found.warnings == 0);
    if (!passes) ++failed;
    const std::string label = input_label(file);
    for (const Violation& violation : found.listed) print_violation(label, violation, console);
    if (found.not_listed() > 0) {
      console.print(fmt::format("{}: {} more not listed (--limit 0 lists all)", label, found.not_listed()));
    }
    console.print(fmt::format("{}: {}", label, verdict(found, passes)));

    json.begin_object().member("manifest", from_posix_bytes(file)).member("valid", passes);
    json.member("format", to_string(format));
    json.member("errors", found.errors).member("warnings", found.warnings).member("notListed", found.not_listed());
    json.key("violations").begin_array();
    for (const Violation& violation : found.listed) add_violation(json, violation);
    json.end_array().end_object();
  }
  if (command.files.size() > 1) {
    console.print(failed == 0 ? fmt::format("All {} manifests are valid", command.files.size())
                              : fmt::format("{} of {} manifests failed", failed, command.files.size()));
  }
  json.end_array().member("valid", failed == 0).end_object();
  console.print(json);
  return failed == 0 ? ExitStatus::kOk : ExitStatus::kBadDocument;
}

}  // namespace attache
