#include <attache/scan/symlink_policy.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

constexpr SymlinkPolicy kAll[] = {SymlinkPolicy::kCollapseEscaping, SymlinkPolicy::kCollapseAll,
                                  SymlinkPolicy::kPreserve,         SymlinkPolicy::kTransitiveIncludeTargets,
                                  SymlinkPolicy::kExcludeAll,       SymlinkPolicy::kExcludeEscaping};

TEST(SymlinkPolicy, DecidesAsTheTruthTableSays) {
  using enum LinkAction;
  struct Row {
    SymlinkPolicy policy;
    LinkAction inside;
    LinkAction escaping;
  };
  for (const Row& row :
       {Row{SymlinkPolicy::kCollapseEscaping, kKeep, kFollow}, Row{SymlinkPolicy::kCollapseAll, kFollow, kFollow},
        Row{SymlinkPolicy::kPreserve, kKeep, kKeep},
        Row{SymlinkPolicy::kTransitiveIncludeTargets, kKeepAndInclude, kKeepAndInclude},
        Row{SymlinkPolicy::kExcludeAll, kExclude, kExclude}, Row{SymlinkPolicy::kExcludeEscaping, kKeep, kExclude}}) {
    EXPECT_EQ(link_action(row.policy, false), row.inside) << to_string(row.policy);
    EXPECT_EQ(link_action(row.policy, true), row.escaping) << to_string(row.policy);
  }
}

TEST(SymlinkPolicy, HasANameThatIsRead) {
  for (const SymlinkPolicy policy : kAll) EXPECT_EQ(parse_symlink_policy(to_string(policy)), policy);
  EXPECT_EQ(to_string(SymlinkPolicy::kTransitiveIncludeTargets), "transitive-include-targets");
  EXPECT_FALSE(parse_symlink_policy("Preserve"));
  EXPECT_FALSE(parse_symlink_policy(""));
}

}  // namespace
}  // namespace attache
