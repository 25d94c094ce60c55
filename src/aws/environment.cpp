#include <attache/aws/environment.hpp>
#include <attache/base/text.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace attache {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} * 1024 * 1024;

struct FileCloser {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

tl::unexpected<Error> cannot_read(const std::string& path, int error) {
  const bool denied = error == EACCES || error == EPERM;
  return fail(denied ? ErrorCode::kPermissionDenied : ErrorCode::kIo,
              "cannot read '" + printable(path) + "': " + std::strerror(error),
              denied ? "check the permissions of the file and its directory" : "check that it is a readable file");
}

}  // namespace

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

std::optional<std::string> non_empty(const Environment& environment, std::string_view name) {
  auto value = environment(name);
  if (value && value->empty()) value.reset();
  return value;
}

Result<std::optional<std::string>> read_text_file(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return cannot_read(path, errno);
  }
  std::string text;
  std::array<char, 16384> buffer{};
  while (true) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get());
    text.append(buffer.data(), count);
    if (text.size() > kMaxFileBytes) {
      return fail(ErrorCode::kInvalidArgument, "'" + printable(path) + "' is larger than 4 MiB",
                  "check that it is a file of AWS settings");
    }
    if (count < buffer.size()) break;
  }
  if (std::ferror(file.get()) != 0) return cannot_read(path, errno);
  return text;
}

}  // namespace attache
