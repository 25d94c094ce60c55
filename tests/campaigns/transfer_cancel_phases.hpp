#pragma once

#include "transfer_cancel_trial.hpp"

#include <filesystem>
#include <vector>

namespace attache::campaign {

/// Every phase in which calls of the transfer library are cancelled. What they share is made when it is first needed,
/// large files below `disk` and small ones below `memory`, and stays until the program ends.
std::vector<Phase> transfer_phases(const std::filesystem::path& disk, const std::filesystem::path& memory);

}  // namespace attache::campaign
