// Downloads, each into a directory of its own.

#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/output_file.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/download.hpp>

#include "kinds.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRecordedTimeNs = 1'000'000'000;  // of files that are there before

std::string native(const Json& text) {
  return to_posix_bytes(text_of(text)).value_or("");
}

void put(ObjectStore& store, const std::string& key, const std::string& content) {
  MemorySource source(std::as_bytes(std::span(content)));
  if (!store.put(key, source, {}, {})) throw MalformedCase("an object cannot be stored");
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw MalformedCase("'" + path.string() + "' is not there");
  return status;
}

std::int64_t mtime_ns_of(const fs::path& path) {
  const struct stat status = status_of(path);
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::string octal(unsigned mode) {
  std::ostringstream out;
  out << std::oct << mode;
  return out.str();
}

// --- download_to_disk

/// Path, content and time of every file below a directory, in order of the paths.
using Files = std::map<std::string, std::pair<std::string, std::int64_t>>;

Files files_below(const fs::path& root) {
  Files files;
  if (!fs::exists(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = entry.path().lexically_relative(root).string();
    if (!entry.is_regular_file() || entry.path().filename().string().starts_with(".attache-")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[from_posix_bytes(name)] = {std::string(std::istreambuf_iterator<char>(file), {}), mtime_ns_of(entry.path())};
  }
  return files;
}

struct DiskCase {
  struct Entry {
    std::string path;
    Digest hash;
    std::string size;  ///< as it stands there
    std::string mtime;
  };
  std::vector<Entry> entries;
  std::map<Digest, std::string> objects;  // by their key's hash

  explicit DiskCase(const Json& input) {
    std::map<std::string, Digest> hashes;
    for (const auto& [name, content] : input.at("objects").items()) {
      // A placeholder stands for the hash of the content.
      const std::string text = text_of(content);
      const Digest hash = Digest::parse(name).value_or(xxh128(text));
      hashes.emplace(name, hash);
      objects[hash] = text;
    }
    for (const Json& entry : input.at("entries")) {
      const auto name = entry.at(1).get<std::string>();
      const auto known = hashes.find(name);
      entries.push_back({text_of(entry.at(0)), known == hashes.end() ? digest_of(name) : known->second,
                         integer_text_of(entry.at(2)), integer_text_of(entry.at(3))});
    }
  }

  /// What Attache refuses, though the incumbent takes it.
  std::vector<Deviation> refusals() const {
    std::set<Deviation> reasons;
    std::set<std::string> paths;
    for (const Entry& entry : entries) {
      if (!paths.insert(entry.path).second) reasons.insert(Deviation::kOneEntryPerPath);
      if (!RelativePath::parse(entry.path)) reasons.insert(Deviation::kPathForm);
      const auto object = objects.find(entry.hash);
      if (object == objects.end()) continue;
      if (std::to_string(object->second.size()) != entry.size) reasons.insert(Deviation::kSizeVerified);
      if (xxh128(object->second) != entry.hash) reasons.insert(Deviation::kHashVerified);
    }
    return {reasons.begin(), reasons.end()};
  }
};

ConflictResolution conflict_of(const std::string& text) {
  if (text == "SKIP") return ConflictResolution::kSkip;
  if (text == "OVERWRITE") return ConflictResolution::kOverwrite;
  if (text == "CREATE_COPY") return ConflictResolution::kCreateCopy;
  throw MalformedCase("unknown conflict resolution '" + text + "'");
}

Json statistics_of(const DownloadReport& report, const std::string& root) {
  std::uint64_t processed = 0;
  std::uint64_t processed_bytes = 0;
  std::uint64_t skipped = 0;
  std::uint64_t skipped_bytes = 0;
  std::vector<std::string> paths;
  for (const DownloadedFile& file : report.files) {
    const bool is_skipped = file.outcome == DownloadOutcome::kPresent || file.outcome == DownloadOutcome::kDiffers;
    (is_skipped ? skipped : processed) += 1;
    (is_skipped ? skipped_bytes : processed_bytes) += file.size;
    if (!is_skipped) paths.push_back(root + "/" + file.path);
  }
  std::sort(paths.begin(), paths.end());
  Json list = Json::array();
  for (const std::string& path : paths) list.push_back(json_of_text(path));
  return {{"total_files", processed + skipped},
          {"total_bytes", processed_bytes + skipped_bytes},
          {"processed_files", processed},
          {"processed_bytes", processed_bytes},
          {"skipped_files", skipped},
          {"skipped_bytes", skipped_bytes},
          {"downloaded_files", std::move(list)},
          {"file_counts_by_root_directory", Json{{root, processed}}}};
}

Json json_of(const Files& files, bool with_times) {
  Json list = Json::array();
  for (const auto& [path, file] : files) {
    list.push_back({json_of_text(path), json_of_text(file.first)});
    if (with_times) list.back().push_back(file.second);
  }
  return list;
}

Files files_of(const Json& recorded) {
  Files files;
  for (const Json& file : recorded) {
    files[text_of(file.at(0))] = {text_of(file.at(1)), int64_of(file.at(2)).value_or(INT64_MIN)};
  }
  return files;
}

/// The recorded program writes to a temporary name first: 246 characters of the name and nine more, though it is bytes
/// that a file system counts, and of those it has 255.
bool has_no_temporary_name(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  std::size_t end = 0;
  for (std::size_t characters = 0; characters < 246 && end < name.size(); ++characters) {
    do {
      ++end;
    } while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U);
  }
  return to_posix_bytes(name.substr(0, end)).value_or("").size() > 246;
}

/// Files that the recorded program could not write for their names, and Attache has, taken as written; true if any is.
bool take_long_names(const DiskCase& disk, const Files& before, Files& expected, const Files& got) {
  bool has_any = false;
  for (const auto& [path, file] : got) {
    const auto kept = before.find(path);
    if (!has_no_temporary_name(path) || (kept != before.end() && kept->second == file)) continue;
    const auto recorded = expected.find(path);
    const bool is_placeholder = recorded != expected.end() && recorded->second.first.empty();
    const bool is_kept = recorded != expected.end() && kept != before.end() && recorded->second == kept->second;
    if (recorded != expected.end() && !is_placeholder && !is_kept) continue;
    const std::string& content = file.first;
    if (std::ranges::none_of(disk.objects, [&](const auto& object) { return object.second == content; })) continue;
    expected[path] = file;
    has_any = true;
  }
  return has_any;
}

/// What the recorded program leaves when it fails, made what Attache leaves; the reasons.
std::vector<Deviation> adjust_failure(const DiskCase& disk, const Files& before, Files& expected, const Files& got) {
  std::vector<Deviation> reasons;
  // The incumbent leaves the placeholder of a new name when the download then fails.
  const bool has_failed = std::any_of(disk.entries.begin(), disk.entries.end(),
                                      [&](const DiskCase::Entry& entry) { return !disk.objects.contains(entry.hash); });
  const auto is_not_made = [&](const auto& file) { return !before.contains(file.first) && !got.contains(file.first); };
  if (has_failed &&
      std::erase_if(expected, [&](const auto& file) { return file.second.first.empty() && is_not_made(file); }) != 0) {
    reasons.push_back(Deviation::kNoPlaceholder);
  }
  if (take_long_names(disk, before, expected, got)) reasons.push_back(Deviation::kLongNames);
  // Its other threads go on. What Attache had not begun by then is not made, and not replaced where it was there.
  bool has_stopped = std::erase_if(expected, is_not_made) != 0;
  for (auto& [path, file] : expected) {
    const auto kept = before.find(path);
    const auto now = got.find(path);
    if (kept == before.end() || now == got.end() || now->second != kept->second || file == kept->second) continue;
    file = kept->second;
    has_stopped = true;
  }
  if (has_stopped) reasons.push_back(Deviation::kStopsAtFailure);
  return reasons;
}

/// True if `path` is that of a copy of `original`: `a (1).txt` of `a.txt`.
bool is_copy_of(const std::string& path, const std::string& original) {
  for (std::size_t at = path.find(" ("); at != std::string::npos; at = path.find(" (", at + 1)) {
    const std::size_t end = path.find_first_not_of("0123456789", at + 2);
    const bool is_number = end != std::string::npos && path[end] == ')';
    if (is_number && path.substr(0, at) + path.substr(end + 1) == original) return true;
  }
  return false;
}

/// True if the copy of a file may take the name of another one: the recorded program's threads race for it.
bool is_race_for_names(const DiskCase& disk, const Files& before) {
  return std::ranges::any_of(disk.entries, [&](const DiskCase::Entry& original) {
    return before.contains(original.path) && std::ranges::any_of(disk.entries, [&](const DiskCase::Entry& entry) {
             return is_copy_of(entry.path, original.path);
           });
  });
}

/// Copies whose names are not the recorded ones: each has a name of its own, and its own content.
Outcome compare_copies(const DiskCase& disk, const Files& before, Json recorded, const DownloadReport& report,
                       const Files& got) {
  Json counters = statistics_of(report, "{ROOT}");
  counters.erase("downloaded_files");
  recorded.erase("downloaded_files");
  if (recorded != counters) return compare(recorded, counters);
  Files wanted = before;
  for (const DownloadedFile& file : report.files) {
    const std::string& content = disk.objects.at(disk.entries.at(file.entry).hash);
    if (!wanted.try_emplace(file.path, content, 0).second) return failure("a new name", "'" + file.path + "' again");
  }
  if (json_of(wanted, false) != json_of(got, false)) return compare(json_of(wanted, false), json_of(got, false));
  return deviation(Deviation::kRaceForNames);
}

/// What is on the disk, against what was recorded there.
Outcome compare_files(const Files& before, Files expected, const Files& got, std::vector<Deviation> reasons) {
  if (json_of(expected, false) != json_of(got, false)) return compare(json_of(expected, false), json_of(got, false));
  for (const auto& [path, file] : got) {
    const auto kept = before.find(path);
    const bool is_kept = kept != before.end() && kept->second == file;
    const std::int64_t recorded = expected[path].second;
    if (recorded == file.second || (is_kept && recorded == kRecordedTimeNs)) continue;
    // A manifest has whole microseconds; the incumbent's time may be up to one less.
    const std::int64_t difference = file.second - recorded;
    if (file.second % 1000 != 0 || difference < -1000 || difference > 1000) {
      return failure(std::to_string(recorded) + " (" + path + ")", std::to_string(file.second));
    }
    if (std::find(reasons.begin(), reasons.end(), Deviation::kExactTimes) == reasons.end()) {
      reasons.push_back(Deviation::kExactTimes);
    }
  }
  return reasons.empty() ? pass() : deviation(reasons);
}

Outcome check_download_to_disk(const VectorCase& vector) {
  const TemporaryDirectory directory;
  const std::string root = directory / "root";
  fs::create_directory(root);
  TreeBuilder before_builder(root);
  for (const Json& file : vector.input.at("existing")) {
    before_builder.file_at(replaced(native(file.at(0)), "//", "/"), text_of(file.at(1)), kRecordedTimeNs);
  }
  const Files before = files_below(root);
  const DiskCase disk(vector.input);
  const auto store = make_memory_store();
  for (const auto& [hash, content] : disk.objects) put(*store, data_key(hash), content);

  const Json& outcome = vector.expected.at("outcome");
  ManifestBuilder builder;
  for (const DiskCase::Entry& entry : disk.entries) {
    const auto size = uint64_of(Json{{"int", entry.size}});
    const auto mtime = int64_of(Json{{"int", entry.mtime}});
    if (!size) return deviation(Deviation::kNegativeSize);
    if (!mtime) return deviation(Deviation::kIntegerRange);
    if (!builder.add(entry.path, entry.hash, *size, *mtime)) throw MalformedCase("not an entry: " + entry.path);
  }
  const auto manifest = std::move(builder).build();
  if (!manifest) return expects_error(outcome) ? pass() : deviation(Deviation::kIntegerRange);
  DownloadOptions options;
  options.destination = root;
  options.conflict = conflict_of(vector.input.at("conflict").get<std::string>());
  const auto report = download_manifest(*manifest, *store, options, {});
  const Files after = files_below(root);
  const std::vector<Deviation> refusals = disk.refusals();
  Files expected = files_of(vector.expected.at("files"));

  if (!report) {
    // A failure changes nothing that was there, and leaves no incomplete file.
    for (const auto& [path, file] : before) {
      if (!after.contains(path)) return failure("'" + path + "' is still there", "it is gone");
    }
    if (expects_error(outcome)) {
      const std::vector<Deviation> reasons = adjust_failure(disk, before, expected, after);
      return compare_files(before, expected, after, reasons);
    }
    if (!refusals.empty()) return deviation(refusals);
    return failure(outcome.dump(), report.error().to_string());
  }
  if (expects_error(outcome)) {
    if (!take_long_names(disk, before, expected, after)) return failure(outcome.dump(), "it succeeds");
    return compare_files(before, expected, after, {Deviation::kLongNames});
  }
  const bool is_once = std::find(refusals.begin(), refusals.end(), Deviation::kOneEntryPerPath) != refusals.end();
  if (is_once) return deviation(Deviation::kOneEntryPerPath);
  Outcome result = compare(outcome.at("ok"), statistics_of(*report, "{ROOT}"));
  if (result.verdict == Verdict::kPass) result = compare_files(before, expected, after, {});
  const bool is_copied = options.conflict == ConflictResolution::kCreateCopy;
  if (result.verdict == Verdict::kFailure && is_copied && is_race_for_names(disk, before)) {
    return compare_copies(disk, before, outcome.at("ok"), *report, after);
  }
  return result;
}

// --- paths_within_root

Outcome check_paths_within_root(const VectorCase& vector) {
  const TemporaryDirectory directory;
  const std::string root = directory / "root";
  TreeBuilder(directory.path())
      .directory("root/sub")
      .file("outside/f")
      .symlink("sub", "root/in_link")
      .symlink(directory / "outside", "root/out_link")
      .symlink(directory / "outside/f", "root/file_link");
  const auto here = [&](const Json& text) {
    return replaced(replaced(native(text), "{ROOT}", root), "{OUTSIDE}", directory / "outside");
  };
  const std::string path = from_posix_bytes(here(vector.input.at("path")));
  ManifestBuilder builder;
  if (!builder.add(path, xxh128("x"), 1, 1)) throw MalformedCase("not a path");
  DownloadOptions options;
  options.destination = here(vector.input.at("root"));
  options.conflict = ConflictResolution::kOverwrite;
  const auto preview = preview_download(std::move(builder).build().value(), options, {});
  if (expects_error(vector.expected)) {
    return preview ? failure(vector.expected.dump(), "it is accepted") : pass();
  }
  if (preview) return pass();
  if (!RelativePath::parse(path)) return deviation(Deviation::kPathForm);
  // A directory is there, or on the way to it a file: no file of that path can be written.
  if (preview.error().code() == ErrorCode::kAlreadyExists) return deviation(Deviation::kNotAFile);
  std::istringstream components(path);
  for (std::string component; std::getline(components, component, '/');) {
    if (to_posix_bytes(component).value_or(component).size() > 255) return deviation(Deviation::kNameTooLong);
  }
  return failure(vector.expected.dump(), preview.error().to_string());
}

// --- permissions

unsigned mode_of_text(const Json& text) {
  return static_cast<unsigned>(std::stoul(replaced(text.get<std::string>(), "0o", ""), nullptr, 8));
}

Outcome check_permissions(const VectorCase& vector) {
  // There are no settings of another system: the type has none.
  if (vector.input.contains("settings")) {
    return expects_error(vector.expected) ? pass() : failure(vector.expected.dump(), "no such settings");
  }
  const TemporaryDirectory directory;
  const std::string root = directory / "root";
  const bool is_outside = !vector.input.contains("file_mode");
  TreeBuilder(directory.path()).directory("root/untouched").mode("root/untouched", 0700).mode("root", 0700);
  const auto store = make_memory_store();
  put(*store, data_key(xxh128("x")), "x");
  ManifestBuilder builder;
  for (const std::string& file : texts_of(vector.input.at("files"))) {
    if (!builder.add((is_outside ? "../" : "") + file, xxh128("x"), 1, 1)) throw MalformedCase("not a path");
  }
  DownloadOptions options;
  options.destination = root;
  options.permissions.group = ::getegid();
  if (!is_outside) {
    options.permissions.file_mode = mode_of_text(vector.input.at("file_mode"));
    options.permissions.directory_mode = mode_of_text(vector.input.at("dir_mode"));
  }
  const mode_t before = ::umask(077);  // new files have the recorded mode 0600, directories 0700
  const auto report = download_manifest(std::move(builder).build().value(), *store, options, {});
  ::umask(before);
  if (expects_error(vector.expected)) return report ? failure(vector.expected.dump(), "it succeeds") : pass();
  if (!report) return failure(vector.expected.dump(), report.error().to_string());
  Json modes = Json::object();
  for (const auto& [path, mode] : vector.expected.at("modes").items()) {
    modes[path] = "0o" + octal(status_of(fs::path(root) / path).st_mode & 07777U);
  }
  for (const Json& changed : vector.expected.at("chown")) {
    if (status_of(fs::path(root) / native(changed.at(0))).st_gid != ::getegid()) {
      return failure(changed.dump(), "another group");
    }
  }
  return compare(vector.expected.at("modes"), modes);
}

// --- times

/// Nanoseconds of a file that was downloaded with that time.
std::int64_t restored_time(std::int64_t mtime_us) {
  const TemporaryDirectory directory;
  const auto store = make_memory_store();
  put(*store, data_key(xxh128("x")), "x");
  ManifestBuilder builder;
  if (!builder.add("f", xxh128("x"), 1, mtime_us)) throw MalformedCase("not an entry");
  DownloadOptions options;
  options.destination = directory / "root";
  const auto report = download_manifest(std::move(builder).build().value(), *store, options, {});
  if (!report) throw MalformedCase(report.error().to_string());
  return mtime_ns_of(directory / "root/f");
}

Outcome check_mtime_restore(const VectorCase& vector) {
  const auto mtime_us = int64_of(vector.input.at("mtime_us"));
  if (!mtime_us) return deviation(Deviation::kIntegerRange);
  const std::int64_t restored = restored_time(*mtime_us);
  if (restored != *mtime_us * 1000) return failure(std::to_string(*mtime_us * 1000), std::to_string(restored));
  return int64_of(vector.expected.at("st_mtime_ns")) == restored ? pass() : deviation(Deviation::kExactTimes);
}

// --- v2025-12/download

Outcome check_copy_on_disk(const VectorCase& vector) {
  const TemporaryDirectory directory;
  TreeBuilder builder(directory.path());
  builder.directory("root");
  for (const std::string& name : texts_of(vector.input.at("existing"))) builder.file("root/" + name, "mine");
  const auto store = make_memory_store();
  put(*store, data_key(xxh128("x")), "x");
  ManifestBuilder manifest;
  if (!manifest.add(text_of(vector.input.at("wanted")), xxh128("x"), 1, 1)) throw MalformedCase("not a name");
  DownloadOptions options;
  options.destination = directory / "root";
  const auto report = download_manifest(std::move(manifest).build().value(), *store, options, {});
  if (!report) return failure(vector.expected.dump(), report.error().to_string());
  return compare(text_of(vector.expected), report->files.front().path);
}

Outcome check_v2025_download(const VectorCase& vector) {
  if (vector.op == "unique_copy_name") return check_copy_on_disk(vector);
  if (vector.op == "set_executable") {
    const auto mode = static_cast<unsigned>(std::stoul(vector.input.at("modeOctal").get<std::string>(), nullptr, 8));
    return compare(vector.expected.get<std::string>(), octal(runnable_mode(mode)));
  }
  if (vector.op == "set_mtime") {
    const auto mtime_us = int64_of(vector.input.at("mtimeUs"));
    if (!mtime_us) return deviation(Deviation::kIntegerRange);
    const std::int64_t restored = restored_time(*mtime_us);
    std::int64_t seconds = restored / 1'000'000'000;
    std::int64_t rest = restored % 1'000'000'000;
    if (rest < 0) {
      --seconds;
      rest += 1'000'000'000;
    }
    return compare(vector.expected, Json{seconds, rest});
  }
  throw MalformedCase("unknown operation '" + vector.op + "'");
}

constexpr Kind kKinds[] = {{"download_to_disk", check_download_to_disk},
                           {"mtime_restore", check_mtime_restore},
                           {"paths_within_root", check_paths_within_root},
                           {"permissions", check_permissions},
                           {"v2025-12/download", check_v2025_download}};

}  // namespace

std::span<const Kind> download_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
