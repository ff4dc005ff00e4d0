#include "backends/ftp/ftp_reply.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

std::int64_t announced(const std::string& text) { return ftp_reply{150, text}.announced_size(); }

TEST(FtpReply, TellsTheSizeOfWhatIsSent) {
  EXPECT_EQ(announced("Opening BINARY mode data connection for x (13 bytes)."), 13);
  EXPECT_EQ(announced("Opening BINARY mode data connection for a (7 bytes) (0 bytes)."), 0);
  EXPECT_EQ(announced("(5000000000 bytes)"), 5'000'000'000);
}

TEST(FtpReply, TellsNoSizeWhereThereIsNone) {
  for (const auto* text : {"", "File status okay. About to open data connection.", "12 bytes)", "x ( bytes)",
                           "(-1 bytes)", "(12 of 13 bytes)", "(99999999999999999999 bytes)"})
    EXPECT_EQ(announced(text), -1) << text;
}

} // namespace
} // namespace argosy
