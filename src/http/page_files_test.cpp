// The built pages, from their folder into memory.
#include "http/page_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace theca::http {
namespace {

TEST(PageFiles, are_what_pages_have) {
  const std::filesystem::path at = testing::TempDir() + "theca-pages";
  std::filesystem::remove_all(at);
  const auto write = [&](const char* name, const char* text) {
    std::filesystem::create_directories((at / name).parent_path());
    std::ofstream{at / name} << text;
  };
  const auto pages = at / "pages";
  EXPECT_FALSE(read_pages(pages));
  write("pages/page.js", "let a;");
  EXPECT_NE(read_pages(pages).error().find("index.html"), std::string::npos);
  write("pages/index.html", "page");
  write("pages/page.js.br", "packed");
  const auto read = read_pages(pages);
  ASSERT_TRUE(read) << read.error();
  Request request;
  request.target.path = "/page.js";
  request.headers = {{"accept-encoding", "gzip, br"}};
  EXPECT_EQ(read->answer(request)->body, "packed");
  EXPECT_FALSE(read->has("/page.js.br"));
  std::filesystem::create_symlink("/etc/passwd", pages / "passwd.txt");
  EXPECT_NE(read_pages(pages).error().find("link"), std::string::npos);
  std::filesystem::remove(pages / "passwd.txt");
  write("pages/secret.key", "x");
  EXPECT_NE(read_pages(pages).error().find("secret.key"), std::string::npos);
  std::filesystem::remove_all(at);
}

}  // namespace
}  // namespace theca::http
