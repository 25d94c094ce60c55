#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "command_line.hpp"
#include "manifest_facts.hpp"
#include "store_commands.hpp"
#include "utc_time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache {

Result<ExitStatus> run_store_ls(const StoreLsCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store->root_uri());
  json.member("prefix", command.prefix).key("objects").begin_array();
  ListOptions list;
  list.start_after = command.start_after;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  bool more = true;
  while (more) {
    if (command.limit != 0) {
      if (count == command.limit) break;
      list.max_keys = static_cast<std::size_t>(std::min<std::uint64_t>(1000, command.limit - count));
    }
    ATTACHE_ASSIGN(const ListPage page, store->list(command.prefix, list, environment.stop));
    for (const ObjectInfo& object : page.objects) {
      ++count;
      bytes += object.size;
      if (command.totals) continue;
      if (!console.wants_json()) {
        console.print(fmt::format("{:>12}  {:27}  {}", object.size,
                                  object.last_modified_us ? utc_text(*object.last_modified_us) : "-",
                                  printable(object.key)));
        continue;
      }
      json.begin_object().member("key", object.key).member("size", object.size);
      if (object.last_modified_us) json.member("modified", utc_text(*object.last_modified_us));
      if (!object.etag.empty()) json.member("etag", object.etag);
      json.end_object();
    }
    // Not held: a store may have a hundred million objects, and this takes 150 bytes for each.
    ATTACHE_TRY(console.print_part(json));
    more = page.more;
    if (more) list.start_after = page.last();
  }
  console.print(fmt::format("{}, {}", counted(count, "object", "objects"), human_size(bytes)));
  if (more) console.print("there are more: --start-after " + printable(list.start_after));
  json.end_array().member("count", count).member("bytes", bytes).member("more", more);
  if (more) json.member("next", list.start_after);
  json.end_object();
  console.print(json);
  return ExitStatus::kOk;
}

void add_store_ls(CLI::App& store, CommandLine& line) {
  CLI::App* app = store.add_subcommand("ls", "List the objects of a store: size in bytes, time, key");
  const auto command = std::make_shared<StoreLsCommand>();
  app->add_option("PREFIX", command->prefix, "Only keys that start so, e.g. Data/ or Manifests/my-farm");
  app->add_option("--start-after", command->start_after, "Only keys after this one");
  app->add_option("--limit", command->limit, "So many at most; the last line says how to go on")->transform(is_count());
  app->add_flag("--totals", command->totals, "Only how many there are, and their bytes");
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "Keys are in the order of their bytes, 1,000 to a request.\n\n"
      "Example:\n"
      "  attache store ls Data/ --totals\n"
      "  attache store ls Manifests/ --s3-root-uri s3://my-bucket/my-farm --limit 100");
  choose(*app, line, command, run_store_ls);
}

}  // namespace attache
