#include <attache/base/glob.hpp>
#include <attache/base/guarded.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>

#include "glob_braces.hpp"
#include "glob_tokens.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace attache {

namespace {

using Positions = std::vector<std::uint32_t>;  // indices of Machine::positions, ascending, each once
using Components = std::vector<std::string_view>;

bool is_empty_or_dot(std::string_view component) {
  return component.empty() || component == ".";
}

bool is_hidden(std::string_view name) {
  return name.starts_with('.');
}

// All components, also empty ones. In kDesign the `/` of a class separates nothing.
Components split(std::string_view text, GlobDialect dialect) {
  const bool design = dialect == GlobDialect::kDesign;
  Components components;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '/') {
      components.push_back(text.substr(begin, at - begin));
      begin = ++at;
    } else if (design && text[at] == '\\') {
      at += 2;
    } else if (design && text[at] == '[') {
      at = glob_class_end(text, at, dialect);  // closed: expand_braces() has seen it
    } else {
      ++at;
    }
  }
  components.push_back(text.substr(begin));
  return components;
}

bool is_literal(std::string_view component, GlobDialect dialect) {
  const std::vector<GlobToken> tokens = glob_tokens(component, dialect);
  return std::all_of(tokens.begin(), tokens.end(),
                     [](const GlobToken& token) { return token.op == GlobToken::Op::kText; });
}

constexpr const char* kRelative =
    "write patterns relative to the root, or choose a root that holds everything they name";

// Whether an absolute pattern begins with the root, whose components may be written as text or escaped.
bool starts_with(const Components& pattern, const Components& root, const GlobOptions& options) {
  const auto same = [&](std::string_view a, std::string_view b) {
    return options.case_insensitive ? lower_case(a) == lower_case(b) : a == b;
  };
  return pattern.size() >= root.size() &&
         std::equal(root.begin(), root.end(), pattern.begin(), [&](std::string_view name, std::string_view component) {
           return same(component, name) || same(component, glob_escape(name, options.dialect));
         });
}

// The components of a pattern without braces, from the root downwards; none if it can select nothing. `written` is what
// the user wrote, for messages.
Result<Components> resolve(std::string_view written, std::string_view pattern, const GlobOptions& options) {
  Components components = split(pattern, options.dialect);
  if (is_empty_or_dot(components.back()) || components.back() == "..") return Components{};
  components.erase(std::remove_if(components.begin(), components.end(), is_empty_or_dot), components.end());

  Components path;
  if (pattern.starts_with('/')) {
    Components root = split(options.root, GlobDialect::kPython);
    root.erase(std::remove_if(root.begin(), root.end(), is_empty_or_dot), root.end());
    if (options.root.starts_with('/') && starts_with(components, root, options)) {
      components.erase(components.begin(), components.begin() + static_cast<std::ptrdiff_t>(root.size()));
    } else if (options.root.empty() && options.dialect == GlobDialect::kDesign) {
      // An absolute path has an empty first component, that of a share (`//server/share`) two.
      path.assign(pattern.starts_with("//") && !pattern.starts_with("///") ? 2 : 1, {});
    } else {
      return refuse_pattern(written, "is absolute and not below the root", kRelative);
    }
  }
  for (const std::string_view component : components) {
    if (component != "..") {
      if (component != "**" || path.empty() || path.back() != "**") path.push_back(component);
    } else if (path.empty() || path.back().empty()) {
      return refuse_pattern(written, "leaves the root", kRelative);
    } else if (!is_literal(path.back(), options.dialect)) {
      return refuse_pattern(written, "goes up from a wildcard", "write the pattern without '..'");
    } else {
      path.pop_back();
    }
  }
  return path;  // none: the root itself, named absolutely
}

// One component of one pattern. The positions of a pattern are consecutive; the last one is marked.
struct Position {
  bool recursive = false;     // `**`
  bool names_hidden = false;  // starts with a dot
  bool last = false;
  std::vector<GlobToken> tokens;
};

bool position_matches(const Position& position, std::string_view name, bool hidden) {
  return (!hidden || position.names_hidden) && glob_matches(position.tokens, name);
}

struct Outcome {
  bool included = false;
  bool excluded = false;
};

}  // namespace

GlobReach GlobState::reach() const {
  if (strict_reach_) return GlobReach::kSelected;
  return relaxed_reach_ ? GlobReach::kHidden : GlobReach::kNone;
}

struct GlobSet::Machine {
  GlobOptions options;
  std::vector<Position> positions;
  std::uint32_t exclude_begin = 0;  // positions from here on belong to exclude patterns
  bool include_names_hidden = false;
  Positions starts;

  Status add(std::string_view pattern);
  Status add_path(std::string_view written, const Components& path);
  void activate(std::uint32_t position, Positions& out) const;
  Outcome test(const Positions& active, std::string_view name, bool hidden) const;
  Positions advance(const Positions& active, std::string_view name, bool hidden) const;
  bool reaches(const Positions& active, bool hidden_told_apart) const;
  GlobState make_state(Positions strict, Positions relaxed, bool same) const;
};

GlobSet::GlobSet(std::unique_ptr<const Machine> machine) : machine_(std::move(machine)) {}
GlobSet::GlobSet(GlobSet&& other) noexcept = default;
GlobSet& GlobSet::operator=(GlobSet&& other) noexcept = default;
GlobSet::~GlobSet() = default;

Result<GlobSet> GlobSet::compile(std::span<const std::string> include, std::span<const std::string> exclude,
                                 GlobOptions options) {
  return detail::guarded([&]() -> Result<GlobSet> {
    auto machine = std::make_unique<Machine>();
    machine->options = std::move(options);
    const bool design = machine->options.dialect == GlobDialect::kDesign;
    if (design) machine->options.match_hidden = true;
    if (design && include.empty()) ATTACHE_TRY(machine->add("**"));
    for (const std::string& pattern : include) ATTACHE_TRY(machine->add(pattern));
    machine->exclude_begin = static_cast<std::uint32_t>(machine->positions.size());
    machine->include_names_hidden = std::any_of(machine->positions.begin(), machine->positions.end(),
                                                [](const Position& position) { return position.names_hidden; });
    for (const std::string& pattern : exclude) ATTACHE_TRY(machine->add(pattern));
    return GlobSet(std::move(machine));
  });
}

Status GlobSet::Machine::add(std::string_view pattern) {
  if (!is_wtf8(pattern)) return refuse_pattern(pattern, "is not valid text", "write it in UTF-8");
  std::vector<std::string> alternatives;
  if (options.dialect == GlobDialect::kDesign) {
    ATTACHE_ASSIGN(alternatives, expand_braces(pattern));
  } else {
    alternatives.emplace_back(pattern);
  }
  for (const std::string& alternative : alternatives) {
    ATTACHE_ASSIGN(const Components path, resolve(pattern, alternative, options));
    if (!path.empty()) ATTACHE_TRY(add_path(pattern, path));
  }
  return {};
}

Status GlobSet::Machine::add_path(std::string_view written, const Components& path) {
  if (path.size() > std::numeric_limits<std::uint32_t>::max() - positions.size()) {
    return refuse_pattern(written, "is too long", "shorten it");
  }
  const auto first = static_cast<std::uint32_t>(positions.size());
  for (const std::string_view component : path) {
    Position position;
    position.recursive = component == "**";
    position.names_hidden = is_hidden(component);
    if (!position.recursive) {
      const std::string folded = options.case_insensitive ? lower_case(component) : std::string(component);
      position.tokens = glob_tokens(folded, options.dialect);
    }
    positions.push_back(std::move(position));
  }
  positions.back().last = true;
  activate(first, starts);
  return {};
}

// A `**` matches nothing as well as something, so what follows it is always tried too.
void GlobSet::Machine::activate(std::uint32_t position, Positions& out) const {
  out.push_back(position);
  if (positions[position].recursive && !positions[position].last) out.push_back(position + 1);
}

Outcome GlobSet::Machine::test(const Positions& active, std::string_view name, bool hidden) const {
  Outcome outcome;
  for (const std::uint32_t index : active) {  // those of include patterns come first
    const bool excluding = index >= exclude_begin;
    if (excluding && (!outcome.included || outcome.excluded)) break;
    const Position& position = positions[index];
    if (!position.last || (!excluding && outcome.included)) continue;
    if (!(position.recursive ? !hidden : position_matches(position, name, hidden))) continue;
    (excluding ? outcome.excluded : outcome.included) = true;
  }
  return outcome;
}

Positions GlobSet::Machine::advance(const Positions& active, std::string_view name, bool hidden) const {
  Positions next;
  next.reserve(active.size());
  for (const std::uint32_t index : active) {
    const Position& position = positions[index];
    if (position.recursive) {
      if (!hidden) activate(index, next);
    } else if (!position.last && position_matches(position, name, hidden)) {
      activate(index + 1, next);
    }
  }
  // Two positions of one pattern may lead to the same one (`**/a/**`), but only to neighbours: sorting is cheap.
  std::sort(next.begin(), next.end());
  next.erase(std::unique(next.begin(), next.end()), next.end());
  return next;
}

// True if files below may be included. An active last `**` of an exclude pattern takes out everything below (all but
// hidden names, when these are told apart and an include pattern could name them), so nothing need be looked at.
bool GlobSet::Machine::reaches(const Positions& active, bool hidden_told_apart) const {
  if (active.empty() || active.front() >= exclude_begin) return false;
  if (hidden_told_apart && include_names_hidden) return true;
  return std::none_of(active.begin(), active.end(), [&](std::uint32_t index) {
    return index >= exclude_begin && positions[index].recursive && positions[index].last;
  });
}

GlobState GlobSet::Machine::make_state(Positions strict, Positions relaxed, bool same) const {
  GlobState state;
  state.same_ = same || strict == relaxed;
  state.strict_reach_ = reaches(strict, !options.match_hidden);
  state.relaxed_reach_ = !options.match_hidden && reaches(state.same_ ? strict : relaxed, false);
  state.strict_ = std::move(strict);
  if (!state.same_) state.relaxed_ = std::move(relaxed);
  return state;
}

GlobState GlobSet::start() const {
  Positions positions = machine_->starts;
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return machine_->make_state(std::move(positions), {}, true);
}

GlobMatch GlobSet::match_file(const GlobState& directory, std::string_view name) const {
  const GlobOptions& options = machine_->options;
  const std::string folded = options.case_insensitive ? lower_case(name) : std::string();
  if (options.case_insensitive) name = folded;
  const bool dotted = is_hidden(name);
  const Outcome strict = machine_->test(directory.strict_, name, dotted && !options.match_hidden);
  if (strict.included) return strict.excluded ? GlobMatch::kExcluded : GlobMatch::kSelected;
  if (options.match_hidden || (directory.same_ && !dotted)) return GlobMatch::kNone;
  const Outcome relaxed = machine_->test(directory.same_ ? directory.strict_ : directory.relaxed_, name, false);
  if (!relaxed.included) return GlobMatch::kNone;
  return relaxed.excluded ? GlobMatch::kExcluded : GlobMatch::kHidden;
}

GlobState GlobSet::enter(const GlobState& directory, std::string_view name) const {
  const GlobOptions& options = machine_->options;
  const std::string folded = options.case_insensitive ? lower_case(name) : std::string();
  if (options.case_insensitive) name = folded;
  const bool dotted = is_hidden(name);
  Positions strict = machine_->advance(directory.strict_, name, dotted && !options.match_hidden);
  if (options.match_hidden || (directory.same_ && !dotted)) return machine_->make_state(std::move(strict), {}, true);
  Positions relaxed = machine_->advance(directory.same_ ? directory.strict_ : directory.relaxed_, name, false);
  return machine_->make_state(std::move(strict), std::move(relaxed), false);
}

GlobMatch GlobSet::match_path(std::string_view path) const {
  GlobState state = start();
  for (;;) {
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return match_file(state, path);
    state = enter(state, path.substr(0, slash));
    path.remove_prefix(slash + 1);
  }
}

bool glob_has_magic(std::string_view text, GlobDialect dialect) {
  return text.find_first_of(dialect == GlobDialect::kDesign ? "*?[{}\\" : "*?[") != std::string_view::npos;
}

std::string glob_escape(std::string_view text, GlobDialect dialect) {
  const bool design = dialect == GlobDialect::kDesign;
  std::string out;
  for (const char c : text) {
    if (std::string_view(design ? "*?[]{}!\\" : "*?[").find(c) == std::string_view::npos) {
      out.push_back(c);
    } else if (design) {
      out.append({'\\', c});
    } else {
      out.append({'[', c, ']'});
    }
  }
  return out;
}

}  // namespace attache
