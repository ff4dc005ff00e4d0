#include "backends/sftp/sftp_packet.hpp"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sftp/connection_lost.hpp"

namespace argosy {
namespace {

using namespace std::string_literals;

std::string packet(sftp_message type, const std::function<void(sftp_packet_writer&)>& fill) {
  std::string out;
  {
    sftp_packet_writer writer{out, type};
    fill(writer);
  }
  return out;
}

TEST(SftpPacket, HasItsLengthAndTypeInFront) {
  const auto close = packet(sftp_message::close, [](auto& p) {
    p.put(std::uint32_t{7});
    p.put("ab");
  });

  EXPECT_EQ(close, "\0\0\0\x0b\x04\0\0\0\x07\0\0\0\x02"
                   "ab"s);
}

TEST(SftpPacket, FieldsAreReadAsTheyWereWritten) {
  sftp_attributes wanted;
  wanted.size = 1ULL << 40;
  wanted.permissions = 0100644;
  wanted.times = {1, 0xffffffff};
  const auto sent = packet(sftp_message::setstat, [&](auto& p) {
    p.put(std::uint32_t{0x01020304});
    p.put(std::uint64_t{0x0102030405060708});
    p.put("name");
    p.put(wanted);
  });

  sftp_packet_reader fields{std::string_view{sent}.substr(5)};

  EXPECT_EQ(fields.number(), 0x01020304U);
  EXPECT_EQ(fields.large_number(), 0x0102030405060708U);
  EXPECT_EQ(fields.text(), "name");
  const auto attributes = fields.attributes();
  EXPECT_EQ(attributes.size, wanted.size);
  EXPECT_EQ(attributes.permissions, wanted.permissions);
  EXPECT_EQ(attributes.times, wanted.times);
  EXPECT_TRUE(fields.at_end());
}

TEST(SftpPacket, WhatAServerTellsOfOwnersAndExtensionsIsPassedOver) {
  const auto sent = packet(sftp_message::attributes, [](auto& p) {
    p.put(std::uint32_t{0x80000002}); // owner and extensions
    p.put(std::uint32_t{1000});
    p.put(std::uint32_t{1000});
    p.put(std::uint32_t{1}); // one extension
    p.put("name@example.com");
    p.put("value");
    p.put("behind");
  });

  sftp_packet_reader fields{std::string_view{sent}.substr(5)};
  const auto attributes = fields.attributes();

  EXPECT_FALSE(attributes.size || attributes.permissions || attributes.times);
  EXPECT_EQ(fields.text(), "behind");
}

TEST(SftpPacket, OneThatEndsTooEarlyEndsTheConnection) {
  for (const auto& body : {""s, "\0\0\0"s, "\0\0\0\x05"s,
                           "\0\0\0\x05"
                           "abcd"s})
    EXPECT_THROW(sftp_packet_reader{body}.text(), connection_lost) << body.size();
  EXPECT_THROW(sftp_packet_reader{"\0\0\0\x01\0\0"s}.attributes(), connection_lost);
}

TEST(SftpPacket, TellsKindsOfFilesApart) {
  const auto of = [](std::uint32_t permissions) {
    sftp_attributes a;
    a.permissions = permissions;
    return a;
  };

  EXPECT_TRUE(of(0040755).is_directory());
  EXPECT_TRUE(of(0100644).is_regular());
  EXPECT_TRUE(of(0120777).is_link());
  EXPECT_FALSE(of(0010644).is_regular()) << "a pipe";
  EXPECT_TRUE(sftp_attributes{}.is_regular()) << "a server that tells nothing";
}

TEST(SftpPacket, TimesAreWholeSecondsWithinTheirBounds) {
  const auto seconds = [](nanoseconds modified) { return sftp_times(modified).times->second; };

  EXPECT_EQ(seconds(1'999'999'999), 1U);
  EXPECT_EQ(seconds(-5'000'000'000), 0U);
  EXPECT_EQ(seconds(INT64_MAX), UINT32_MAX);
}

TEST(SftpRefusal, SaysWhatItIsInTheWordsOfRclone) {
  const sftp_refusal missing{sftp_status::no_such_file, "No such file"};
  const sftp_refusal denied{sftp_status::permission_denied, "Permission denied"};
  const sftp_refusal other{sftp_status::failure, "Failure"};

  EXPECT_STREQ(missing.what(), "file does not exist");
  EXPECT_EQ(missing.kind(), failure_kind::object_not_found);
  EXPECT_STREQ(denied.what(), "permission denied");
  EXPECT_EQ(denied.kind(), failure_kind::permission_denied);
  EXPECT_STREQ(other.what(), "sftp: \"Failure\" (SSH_FX_FAILURE)");
  EXPECT_EQ(other.kind(), failure_kind::other);
}

} // namespace
} // namespace argosy
