#include "core/mime_type.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace argosy {
namespace {

// A folder for the tables of one test.
class mime_type : public testing::Test {
protected:
  mime_type() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mime_type_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~mime_type() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream{path} << text;
    return path.string();
  }
  std::string missing() const { return (folder_ / "missing").string(); }
  mime_types without_system_tables() const { return mime_types{{{missing()}, {missing()}}}; }

private:
  std::filesystem::path folder_;
};

TEST_F(mime_type, is_octet_stream_when_unknown) {
  const auto types = without_system_tables();
  for (const char* path : {"", "noext", "dot.", "png", "a.png/noext", "x.unknown", "a.b/c"})
    EXPECT_EQ(types.of(path), "application/octet-stream") << path;
}

TEST_F(mime_type, is_known_without_any_table_for_what_go_and_rclone_bring) {
  const auto types = without_system_tables();
  EXPECT_EQ(types.of("dir.x/a.png"), "image/png");
  EXPECT_EQ(types.of("a.b.jpeg"), "image/jpeg");
  EXPECT_EQ(types.of(".gif"), "image/gif");
  EXPECT_EQ(types.of("a.html"), "text/html; charset=utf-8");
  EXPECT_EQ(types.of("a.css"), "text/css; charset=utf-8");
  EXPECT_EQ(types.of("a.xml"), "text/xml; charset=utf-8");
  EXPECT_EQ(types.of("a.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(types.of("a.js"), "application/javascript");
  EXPECT_EQ(types.of("a.wasm"), "application/wasm");
  EXPECT_EQ(types.of("a.txt"), "text/plain; charset=utf-8");
  EXPECT_EQ(types.of("a.docx"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  EXPECT_EQ(types.of("a.flac"), "audio/flac");
  EXPECT_EQ(types.of("a.mkv"), "video/x-matroska");
  EXPECT_EQ(types.of("a.ts"), "video/MP2T");
  EXPECT_EQ(types.of("a.srt"), "text/srt; charset=utf-8");
}

TEST_F(mime_type, ignores_case_unless_the_exact_case_is_known) {
  const mime_types types{
      {{file("globs2", "50:text/x-c++src:*.C:cs\n50:text/x-csrc:*.c\n50:image/x-dib:*.dib\n")}, {}}};
  EXPECT_EQ(types.of("a.PNG"), "image/png");
  EXPECT_EQ(types.of("a.C"), "text/x-c++src; charset=utf-8");
  EXPECT_EQ(types.of("a.c"), "text/x-csrc; charset=utf-8");
  EXPECT_EQ(types.of("a.Dib"), "image/x-dib");
}

TEST_F(mime_type, comes_from_the_first_line_of_the_glob_file_that_names_the_extension) {
  const mime_types types{{{file("globs2", "# comment\n60:image/first:*.ppp\n50:image/second:*.ppp\n"
                                          "50:image/other:*.png\n50:x/y:*.[1-9]\n50:x/y:makefile\n"
                                          "50:x/gz:*.tar.ggg\nbroken\n50:text/x-iMelody:*.imy\n")},
                          {file("mime.types", "image/types ppp qqq\n")}}};
  EXPECT_EQ(types.of("a.ppp"), "image/first");
  EXPECT_EQ(types.of("a.png"), "image/png") << "what Go knows itself stays";
  EXPECT_EQ(types.of("a.1"), "application/octet-stream");
  EXPECT_EQ(types.of("a.tar.ggg"), "application/octet-stream") << "only the last extension is looked up";
  EXPECT_EQ(types.of("a.imy"), "text/x-imelody; charset=utf-8");
  EXPECT_EQ(types.of("a.qqq"), "application/octet-stream") << "mime.types counts only without a glob file";
}

TEST_F(mime_type, comes_from_mime_types_where_there_is_no_glob_file) {
  const mime_types types{
      {{missing()},
       {missing(), file("one", "# comment\nimage/one ppp qqq # rrr\nx/none\n\ntext/x-s sss\n"),
        file("two", "image/two\tqqq png\n")}}};
  EXPECT_EQ(types.of("a.ppp"), "image/one");
  EXPECT_EQ(types.of("a.qqq"), "image/two");
  EXPECT_EQ(types.of("a.rrr"), "application/octet-stream");
  EXPECT_EQ(types.of("a.sss"), "text/x-s; charset=utf-8");
}

TEST_F(mime_type, of_rclone_itself_wins_over_the_system) {
  const mime_types types{
      {{file("globs2", "50:image/wmf:*.wmf\n50:application/x-desktop:*.desktop\n50:audio/x-flac:*.flac\n")},
       {}}};
  EXPECT_EQ(types.of("a.wmf"), "application/x-msmetafile");
  EXPECT_EQ(types.of("a.desktop"), "application/x-link-desktop");
  EXPECT_EQ(types.of("a.flac"), "audio/x-flac") << "its extras only fill gaps";
}

} // namespace
} // namespace argosy
