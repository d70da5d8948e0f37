#!/usr/bin/env python3
"""Copies of the sources in which defences can be switched off, for the red team's controls.

    weaken.py CONTROLS SOURCES OUT

CONTROLS names, defence by defence, a text of a file and what stands there instead. Each text must stand in its
file exactly once: a control whose text has gone is an error. Into OUT goes each file that is changed, under its
own name, and weak.hpp, which asks THECA_WITHOUT: defences with commas between.
"""
import json
import pathlib
import sys

WEAK = """#pragma once
// Not part of Theca: for the red team's controls alone.
#include <cstdlib>
#include <string_view>
namespace theca::weak {
inline bool without(std::string_view defence) {
  const char* const named = std::getenv("THECA_WITHOUT");
  std::string_view left = named == nullptr ? "" : named;
  while (!left.empty()) {
    const std::size_t end = left.find(',');
    if (left.substr(0, end) == defence) return true;
    left = end == std::string_view::npos ? "" : left.substr(end + 1);
  }
  return false;
}
}  // namespace theca::weak
"""


def main() -> int:
    controls, sources, out = (pathlib.Path(word) for word in sys.argv[1:4])
    texts: dict[str, str] = {}
    wrong = []
    for defence, edits in json.loads(controls.read_text())["defences"].items():
        for name, part, by in edits:
            text = texts.setdefault(name, (sources / name).read_text())
            if text.count(part) != 1:
                wrong.append(f"{defence}: {name}: {text.count(part)} times: {part}")
            texts[name] = text.replace(part, by)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    for stale in [file for file in out.rglob("*.?pp") if str(file.relative_to(out)) not in texts]:
        stale.unlink()  # of a defence that was another
    for name, text in texts.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = text.replace("#pragma once\n", '#pragma once\n#include "verify/weak.hpp"\n', 1)
        if name.endswith(".cpp"):
            text = '#include "verify/weak.hpp"\n' + text
        file.write_text(text)
    header = out / "verify" / "weak.hpp"
    header.parent.mkdir(parents=True, exist_ok=True)
    header.write_text(WEAK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
