#pragma once

#include <string>

namespace attache {

/// `value` rounded to a number of decimals, exact halves of the double to the even digit, as Python's round().
double rounded_to(double value, int decimals);

/// The shortest text that reads back as `value`, with a decimal point: "2.5", "0.0".
std::string float_text(double value);

}  // namespace attache
