#include "core/content_type.hpp"

#include <gtest/gtest.h>
#include <string>

namespace argosy {
namespace {

using namespace std::string_literals;

TEST(detect_content_type, knows_contents_by_their_first_bytes) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "text/plain; charset=utf-8"},
      {"plain words\n", "text/plain; charset=utf-8"},
      {"\1\2\3", "application/octet-stream"},
      {"  \n<HtMl>x", "text/html; charset=utf-8"},
      {"<!doctype html>\n", "text/html; charset=utf-8"},
      {"<html", "text/plain; charset=utf-8"}, // not ended
      {"<hr>", "text/plain; charset=utf-8"},
      {"\t<?xml version='1.0'?>", "text/xml; charset=utf-8"},
      {"%PDF-1.7", "application/pdf"},
      {"\xEF\xBB\xBFx", "text/plain; charset=utf-8"},
      {"\xFF\xFEx\0"s, "text/plain; charset=utf-16le"},
      {"GIF89a...", "image/gif"},
      {"\x89PNG\r\n\x1A\n....", "image/png"},
      {"\xFF\xD8\xFF\xDB", "image/jpeg"},
      {"RIFF1234WEBPVP8 ", "image/webp"},
      {"RIFF1234WAVEfmt ", "audio/wave"},
      {"RIFF1234????", "text/plain; charset=utf-8"},
      {"\0\0\0\x14"s + "ftypmp42\0\0\0\0mp41"s, "video/mp4"},
      {"\0\0\0\x14"s + "ftypqt  \0\0\0\0qt  "s, "application/octet-stream"},
      {"\x1A\x45\xDF\xA3....", "video/webm"},
      {std::string(34, '\7') + "LP", "application/vnd.ms-fontobject"},
      {"\x1F\x8B\x08....", "application/x-gzip"},
      {"PK\3\4....", "application/zip"},
      {"\0asm\1\0\0\0"s, "application/wasm"},
  };
  for (const auto& [bytes, type] : rows) EXPECT_EQ(detect_content_type(bytes), type) << bytes;
}

TEST(detect_content_type, looks_at_the_first_512_bytes_only) {
  EXPECT_EQ(detect_content_type(std::string(512, 'x') + '\1'), "text/plain; charset=utf-8");
  EXPECT_EQ(detect_content_type(std::string(511, 'x') + '\1'), "application/octet-stream");
}

} // namespace
} // namespace argosy
