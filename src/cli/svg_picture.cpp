#include "cli/svg_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace theca {
namespace {

constexpr double kTick = 4, kUnderAxis = 17, kLabelUnderAxis = 36, kTitleAbove = 12;
constexpr double kLineOfText = 15;
constexpr double kArrowLong = 8, kArrowHalf = 3.5;

/// A tenth of a pixel; nothing is nothing, not minus nothing.
std::string px(double value) {
  const double rounded = std::round(value * 10) / 10;
  return fmt::format("{:.1f}", rounded == 0 ? 0.0 : rounded);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out;
}

std::string points_of(std::span<const Place> places) {
  std::string path;
  for (const Place& place : places) path += (path.empty() ? "M" : "L") + px(place.x) + " " + px(place.y);
  return path;
}

const char* name_of(Anchor anchor) {
  switch (anchor) {
    case Anchor::kStart:
      return "start";
    case Anchor::kMiddle:
      return "middle";
    case Anchor::kEnd:
      break;
  }
  return "end";
}

/// Between 0 at `low` and 1 at `high`, and not further out than one such length.
double share_of(const Axis& axis, double value) {
  if (axis.steps == Steps::kEven) return std::clamp((value - axis.low) / (axis.high - axis.low), -1.0, 2.0);
  if (!(value > 0)) return -1;
  return std::clamp(std::log(value / axis.low) / std::log(axis.high / axis.low), -1.0, 2.0);
}

std::vector<double> ticks_of(const Axis& axis) {
  if (!axis.ticks.empty() || axis.steps == Steps::kEven) return axis.ticks;
  constexpr double kRounding = 1e-9;
  std::vector<double> ticks;
  for (double power = std::ceil(std::log10(axis.low) - kRounding); power <= std::log10(axis.high) + kRounding;
       power += 1)
    ticks.push_back(std::pow(10, power));
  return ticks;
}

/// 0.001, 1000, 10,000; 1e-4 where zeros would have to be counted.
std::string tick_text(double value) {
  constexpr double kManyZeros = 5e-4, kManyDigits = 1e4;
  if (value > 0 && value < kManyZeros) return fmt::format("1e{:.0f}", std::log10(value));
  if (value < kManyDigits) return fmt::format("{:g}", value);
  std::string text = fmt::format("{:.0f}", value);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

}  // namespace

SvgPicture::SvgPicture(double wide, double high, std::string_view title)
    : svg_{fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
                       "font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{2}</title>\n"
                       "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n",
                       wide, high, escaped(title))} {}

void SvgPicture::text(Place at, std::string_view says, const TextLook& look) {
  const std::string turn =
      look.upwards ? fmt::format(" transform=\"rotate(-90 {} {})\"", px(at.x), px(at.y)) : "";
  svg_ += fmt::format(
      "<text x=\"{}\" y=\"{}\"{}{}{} fill=\"{}\"{}>{}</text>\n", px(at.x), px(at.y),
      look.anchor == Anchor::kStart ? "" : fmt::format(" text-anchor=\"{}\"", name_of(look.anchor)),
      look.size == TextLook{}.size ? "" : fmt::format(" font-size=\"{:.0f}\"", look.size),
      look.bold ? " font-weight=\"600\"" : "", look.colour, turn, escaped(says));
}

void SvgPicture::line(std::span<const Place> through, const LineLook& look) {
  if (through.empty()) return;
  const std::string dashes = *look.dashes == 0 ? "" : fmt::format(" stroke-dasharray=\"{}\"", look.dashes);
  svg_ += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"{}/>\n",
                      points_of(through), look.colour, px(look.width), dashes);
}

void SvgPicture::line(Place from, Place to, const LineLook& look) {
  const Place both[] = {from, to};
  line(both, look);
}

void SvgPicture::arrow(Place from, Place to, const LineLook& look) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const Place along{(to.x - from.x) / length, (to.y - from.y) / length};
  const Place neck{to.x - along.x * kArrowLong, to.y - along.y * kArrowLong};
  line(from, neck, look);
  const Place head[] = {to,
                        {neck.x - along.y * kArrowHalf, neck.y + along.x * kArrowHalf},
                        {neck.x + along.y * kArrowHalf, neck.y - along.x * kArrowHalf}};
  area(head, look.colour);
}

void SvgPicture::area(std::span<const Place> outline, const char* fill, double opacity) {
  svg_ += fmt::format("<path d=\"{}Z\" fill=\"{}\"{}/>\n", points_of(outline), fill,
                      opacity < 1 ? fmt::format(" fill-opacity=\"{:.2f}\"", opacity) : "");
}

void SvgPicture::box(const Box& box, const char* fill, const char* stroke, double radius) {
  svg_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{} fill=\"{}\" stroke=\"{}\"/>\n",
                      px(box.left), px(box.top), px(box.wide), px(box.high),
                      radius > 0 ? fmt::format(" rx=\"{:.0f}\"", radius) : "", fill, stroke);
}

void SvgPicture::dot(Place at, const char* fill, double radius) {
  svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>\n", px(at.x), px(at.y), px(radius),
                      fill);
}

void SvgPicture::begin_clip(const Box& box) {
  ++clips_;
  svg_ += fmt::format(
      "<clipPath id=\"clip{0}\"><rect x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{4}\"/></clipPath>\n"
      "<g clip-path=\"url(#clip{0})\">\n",
      clips_, px(box.left), px(box.top), px(box.wide), px(box.high));
}

void SvgPicture::end_clip() { svg_ += "</g>\n"; }

Panel::Panel(SvgPicture& picture, const Box& box, Axis x, Axis y, std::string_view title)
    : picture_(picture), box_(box), x_(std::move(x)), y_(std::move(y)) {
  const double bottom = box_.top + box_.high, right = box_.left + box_.wide;
  for (const double tick : ticks_of(x_)) {
    const double place = at({tick, y_.low}).x;
    picture_.line({place, box_.top}, {place, bottom + kTick}, {.colour = colour::kGrid});
    picture_.text({place, bottom + kUnderAxis}, tick_text(tick),
                  {.anchor = Anchor::kMiddle, .colour = colour::kSoft});
  }
  for (const double tick : ticks_of(y_)) {
    const double place = at({x_.low, tick}).y;
    picture_.line({box_.left - kTick, place}, {right, place}, {.colour = colour::kGrid});
    picture_.text({box_.left - 2 * kTick, place + kTick}, tick_text(tick),
                  {.anchor = Anchor::kEnd, .colour = colour::kSoft});
  }
  picture_.line({box_.left, bottom}, {right, bottom}, {.colour = colour::kRule});
  picture_.line({box_.left, box_.top}, {box_.left, bottom}, {.colour = colour::kRule});
  picture_.text({box_.left + box_.wide / 2, bottom + kLabelUnderAxis}, x_.label, {.anchor = Anchor::kMiddle});
  if (!y_.label.empty()) {
    constexpr double kBesideAxis = 52;
    picture_.text({box_.left - kBesideAxis, box_.top + box_.high / 2}, y_.label,
                  {.anchor = Anchor::kMiddle, .upwards = true});
  }
  if (!title.empty()) picture_.text({box_.left, box_.top - kTitleAbove}, title, {.bold = true});
}

Place Panel::at(Place of) const {
  return {box_.left + box_.wide * share_of(x_, of.x), box_.top + box_.high * (1 - share_of(y_, of.y))};
}

std::vector<Place> Panel::on_picture(std::span<const Place> places) const {
  std::vector<Place> out;
  for (const Place& place : places) out.push_back(at(place));
  return out;
}

void Panel::curve(std::span<const Place> through, const LineLook& look) {
  picture_.begin_clip(box_);
  picture_.line(on_picture(through), look);
  picture_.end_clip();
}

void Panel::area(std::span<const Place> outline, const char* fill, double opacity) {
  picture_.begin_clip(box_);
  picture_.area(on_picture(outline), fill, opacity);
  picture_.end_clip();
}

void Panel::dot(Place place, const char* fill) { picture_.dot(at(place), fill); }

void Panel::note(Place place, Place moved, std::string_view says, const TextLook& look) {
  const Place on = at(place);
  picture_.text({on.x + moved.x, on.y + moved.y}, says, look);
}

std::vector<double> kept_apart(std::vector<double> heights, double apart) {
  // What touches stands together around its own middle.
  struct Heap {
    double middle, count;
  };
  std::vector<Heap> heaps;
  for (const double height : heights) {
    heaps.push_back({height, 1});
    while (heaps.size() > 1) {
      const Heap last = heaps.back(), before = heaps[heaps.size() - 2];
      if (last.middle - before.middle >= (last.count + before.count) / 2 * apart) break;
      heaps.pop_back();
      heaps.back() = {(last.middle * last.count + before.middle * before.count) / (last.count + before.count),
                      last.count + before.count};
    }
  }
  std::size_t next = 0;
  for (const Heap& heap : heaps) {
    for (double i = 0; i < heap.count; ++i)
      heights[next++] = heap.middle + (i - (heap.count - 1) / 2) * apart;
  }
  return heights;
}

void end_names(SvgPicture& picture, double x, std::vector<EndName> names) {
  std::ranges::sort(names, {}, &EndName::y);
  std::vector<double> heights;
  for (const EndName& name : names) heights.push_back(name.y);
  heights = kept_apart(std::move(heights), kLineOfText);
  for (std::size_t i = 0; i < names.size(); ++i)
    picture.text({x, heights[i] + kTick}, names[i].says, {.colour = names[i].colour});
}

}  // namespace theca
