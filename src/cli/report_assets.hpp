#pragma once
/// The files of src/cli/report/, embedded by the build (cmake/embed.cmake).

#include <string_view>

namespace theca::report_assets {

extern const std::string_view html;    // report.html, with {{names}} to fill
extern const std::string_view style;   // report.css
extern const std::string_view script;  // the .js files, one after the other

}  // namespace theca::report_assets
