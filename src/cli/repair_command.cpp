#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/store/open_store.hpp>
#include <attache/transfer/repair.hpp>

#include "byte_count.hpp"
#include "command_line.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "upkeep_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace attache {

namespace {

void write(JsonWriter& json, const ObjectStore& store, const RepairReport& report,
           const std::vector<std::string>& files) {
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store.root_uri());
  json.member("contents", report.found.contents).member("bytes", report.found.bytes);
  json.member("goodContents", report.found.good_contents).member("goodBytes", report.found.good_bytes);
  json.member("bytesSent", report.bytes_sent);
  json.key("repaired").begin_array();
  for (const RepairedContent& content : report.repaired) {
    json.begin_object();
    add_fault(json, content.was, files);
    json.member("source", from_posix_bytes(content.source)).end_object();
  }
  json.end_array().key("unrepaired").begin_array();
  for (const UnrepairedContent& content : report.unrepaired) {
    json.begin_object();
    add_fault(json, content.content, files);
    json.key("reasons").begin_array();
    for (const std::string& reason : content.reasons) json.value(reason);
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

/// What comes from another store is in memory three times: on its way from there, in a block of each worker, and on its
/// way to the store that is repaired. Each gets a third of what it may take. Rate and requests are limited at both
/// ends.
void divide_limits(RepairCommand& command, RepairOptions& options) {
  std::uint64_t bytes = StoreAccess().memory_budget;
  if (!command.store.memory_budget.empty()) {
    const auto given = parse_byte_count(command.store.memory_budget);
    if (!given) return;  // open_store() says what is wrong with it
    bytes = *given;
  }
  options.workers = static_cast<unsigned>(std::clamp<std::uint64_t>(bytes / 3 / kRepairBlock, 1, options.workers));
  command.store.memory_budget = std::to_string(std::max<std::uint64_t>(bytes / 3, 1));
  command.from.memory_budget = command.store.memory_budget;
  command.from.limit_rate = command.store.limit_rate;
  command.from.concurrency = command.store.concurrency;
}

}  // namespace

Result<ExitStatus> run_repair(const RepairCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const std::vector<AnyManifest> manifests,
                 read_manifests(command.manifests, environment, command.chunk_size));
  RepairOptions options;
  ATTACHE_ASSIGN(options.verify.chunk_size, parse_chunk_size(command.chunk_size));
  options.verify.content = command.content;
  options.root = command.root;
  RepairCommand divided = command;
  if (!command.from.uri.empty()) divide_limits(divided, options);
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(divided.store));
  std::unique_ptr<ObjectStore> from;
  if (!command.from.uri.empty()) {
    ATTACHE_ASSIGN(from, environment.open_store(divided.from));
    if (from->root_uri() == store->root_uri() && command.from.endpoint_url == command.store.endpoint_url) {
      return fail(ErrorCode::kInvalidArgument, "--from names the store that is to be repaired, " + store->root_uri(),
                  "name another store that has the content");
    }
    options.from = from.get();
  }
  options.verify.progress = console.progress("Verifying");
  // Its own, as the bytes of what is sent again are not those of what is looked at; shown once it begins.
  options.progress = console.progress_later("Repairing");
  auto report = repair_manifests(manifests, *store, options, environment.stop);
  options.verify.progress = {};
  options.progress = {};
  if (!report) {
    if (report.error().code() != ErrorCode::kCancelled) return fail(std::move(report).error());
    return fail(ErrorCode::kCancelled, "repair of " + store->root_uri() + " cancelled",
                "run the same command again: what is repaired is found and not sent again");
  }
  for (const RepairedContent& content : report->repaired) {
    console.detail(fmt::format("repaired {} from {}", printable(content.was.key), printable(content.source)));
  }
  for (const UnrepairedContent& content : report->unrepaired) {
    console.print("not repaired: " + fault_text(content.content));
    for (const std::string& reason : content.reasons) console.print("  " + reason);
  }
  console.print(fmt::format("{}: {} looked at, {} wrong{}", store->root_uri(),
                            counted(report->found.contents, "content", "contents"), report->found.faults.size(),
                            report->found.good() ? "" : ": " + fault_counts(report->found.faults)));
  if (!report->found.good()) {
    console.print(fmt::format("Repaired: {}, {}; not repaired: {}", report->repaired.size(),
                              human_size(report->bytes_sent), report->unrepaired.size()));
  }
  JsonWriter json;
  write(json, *store, *report, command.manifests);
  console.print(json);
  return report->unrepaired.empty() ? ExitStatus::kOk : ExitStatus::kDamaged;
}

void add_repair(CLI::App& parent, CommandLine& line) {
  CLI::App* app =
      parent.add_subcommand("repair", "Send again what a store lacks, or has wrong, of what manifests need");
  const auto command = std::make_shared<RepairCommand>();
  app->add_option("MANIFEST", command->manifests, "Manifest files of either format; one may be '-'")->required();
  app->add_option("--root", command->root,
                  "The directory that the manifests' paths are relative to; / for those of absolute paths");
  app->add_option("--from", command->from.uri, "Another store that has the content, as for --s3-root-uri");
  app->add_option("--from-profile", command->from.profile, "Its profile of ~/.aws/config and ~/.aws/credentials");
  app->add_option("--from-region", command->from.region, "Its bucket's region");
  app->add_option("--from-endpoint-url", command->from.endpoint_url, "Its URL, if it is a service other than AWS");
  app->add_flag("--content", command->content,
                "Read everything in the store, and replace what has other bytes than its hash says");
  app->add_option("--chunk-size", command->chunk_size,
                  "Of files with a hash for each chunk; bytes, or a number with KiB, MiB or GiB. Default: 256MiB");
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "Every byte is hashed while it is sent; what has another hash is not stored.\n"
      "Exit status: 0 all is there now, 12 something could not be repaired.\n\n"
      "Example:\n"
      "  attache repair scene.manifest --root ./scene --s3-root-uri s3://my-bucket/my-farm\n"
      "  attache repair scene.manifest --content --from s3://my-backup/my-farm --s3-root-uri s3://my-bucket/my-farm");
  choose(*app, line, command, run_repair);
}

}  // namespace attache
