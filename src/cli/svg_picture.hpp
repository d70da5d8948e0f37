#pragma once
/// Pictures for the pages, as SVG text: lines, words, and panels with two axes. Places are rounded to a tenth
/// of a pixel, so that another compiler's last digits do not change a file.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace theca {

/// Colours that differ for every kind of colour vision (Okabe and Ito), and greys.
namespace colour {
inline constexpr const char* kBlack = "#000000";
inline constexpr const char* kBlue = "#0072b2";
inline constexpr const char* kSky = "#56b4e9";
inline constexpr const char* kGreen = "#009e73";
inline constexpr const char* kOrange = "#e69f00";
inline constexpr const char* kRed = "#d55e00";
inline constexpr const char* kPurple = "#aa4499";
inline constexpr const char* kInk = "#222222";
inline constexpr const char* kSoft = "#555555";
inline constexpr const char* kRule = "#888888";
inline constexpr const char* kGrid = "#e4e4e4";
inline constexpr const char* kNone = "none";
}  // namespace colour

/// On the picture, in pixels from its upper left corner; in a panel, in the units of its axes.
struct Place {
  double x = 0, y = 0;
};
struct Box {
  double left = 0, top = 0, wide = 0, high = 0;
};

enum class Anchor { kStart, kMiddle, kEnd };
struct TextLook {
  Anchor anchor = Anchor::kStart;
  const char* colour = colour::kInk;
  double size = 12;
  bool bold = false;
  bool upwards = false;  // turned by a quarter
};
struct LineLook {
  const char* colour = colour::kInk;
  double width = 1;
  const char* dashes = "";
};

class SvgPicture {
 public:
  SvgPicture(double wide, double high, std::string_view title);

  void text(Place at, std::string_view says, const TextLook& look = {});
  void line(std::span<const Place> through, const LineLook& look);
  void line(Place from, Place to, const LineLook& look);
  /// With its head at `to`.
  void arrow(Place from, Place to, const LineLook& look);
  void area(std::span<const Place> outline, const char* fill, double opacity = 1);
  void box(const Box& box, const char* fill, const char* stroke = colour::kNone, double radius = 0);
  void dot(Place at, const char* fill, double radius = 3.5);
  /// What is drawn from here to end_clip() shows within `box` alone.
  void begin_clip(const Box& box);
  void end_clip();

  [[nodiscard]] std::string svg() const { return svg_ + "</svg>\n"; }

 private:
  std::string svg_;
  int clips_ = 0;
};

enum class Steps { kEven, kDecades };
struct Axis {
  std::string label;  // with its unit
  double low = 0, high = 1;
  Steps steps = Steps::kEven;
  std::vector<double> ticks;  // of decades below 0.001 powers of ten alone; empty: every decade
};

/// Two axes on a picture. Drawn as it is made: rules, ticks and labels.
class Panel {
 public:
  Panel(SvgPicture& picture, const Box& box, Axis x, Axis y, std::string_view title = {});

  /// Where a place in the axes' units lies on the picture; not further out than the panel is wide.
  [[nodiscard]] Place at(Place of) const;
  [[nodiscard]] const Box& box() const { return box_; }

  void curve(std::span<const Place> through, const LineLook& look);
  void area(std::span<const Place> outline, const char* fill, double opacity);
  void dot(Place at, const char* fill);
  /// Words beside a place, moved by pixels.
  void note(Place at, Place moved, std::string_view says, const TextLook& look = {});

 private:
  [[nodiscard]] std::vector<Place> on_picture(std::span<const Place> places) const;

  SvgPicture& picture_;
  Box box_;
  Axis x_, y_;
};

/// A name at the end of a line.
struct EndName {
  double y = 0;  // pixels
  std::string says;
  const char* colour = colour::kInk;
};
/// Names in a column at `x`, near their lines and a line of text apart. Order by height.
void end_names(SvgPicture& picture, double x, std::vector<EndName> names);

/// Heights in rising order, moved as little as keeps them `apart` of each other.
std::vector<double> kept_apart(std::vector<double> heights, double apart);

}  // namespace theca
