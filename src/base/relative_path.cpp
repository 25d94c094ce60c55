#include <attache/base/guarded.hpp>
#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>

#include <algorithm>

namespace attache {

namespace {

constexpr const char* kRemedy =
    "the manifest is damaged or hostile: make it again from the original files, and do not use this one";

tl::unexpected<Error> refuse(ErrorCode code, std::string_view text, const char* why) {
  return fail(code, "path '" + printable(text) + "' " + why, kRemedy);
}

}  // namespace

Result<RelativePath> RelativePath::parse(std::string_view text) {
  return detail::guarded([&]() -> Result<RelativePath> {
    if (text.empty()) return refuse(ErrorCode::kInvalidArgument, text, "is empty");
    if (text.front() == '/') return refuse(ErrorCode::kOutsideRoot, text, "is absolute");
    if (text.find('\0') != std::string_view::npos) return refuse(ErrorCode::kInvalidArgument, text, "holds a NUL");
    if (!is_wtf8(text)) return refuse(ErrorCode::kInvalidArgument, text, "is not valid text");
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('/', begin), text.size());
      const std::string_view component = text.substr(begin, end - begin);
      if (component.empty()) return refuse(ErrorCode::kInvalidArgument, text, "has an empty component");
      if (component == ".") return refuse(ErrorCode::kInvalidArgument, text, "has a '.' component");
      if (component == "..") return refuse(ErrorCode::kOutsideRoot, text, "has a '..' component");
      begin = end + 1;
    }
    return RelativePath(std::string(text));
  });
}

std::string_view RelativePath::name() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view(text_) : std::string_view(text_).substr(slash + 1);
}

std::string_view RelativePath::parent() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(text_).substr(0, slash);
}

}  // namespace attache
