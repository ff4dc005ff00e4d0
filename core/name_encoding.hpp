#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// The "standard" form of names, between the local disk and the API, for every path element (rc-surface 3.8,
/// last table). What a name on disk holds is shown in the API as follows, and everything else as it is, also
/// bytes that are not UTF-8:
/// - 0x01 to 0x1f and 0x7f: their symbols, U+2401 to U+241F and U+2421
/// - those symbols themselves: U+201B before them
/// - U+201B: doubled, except before U+2400 or U+FF0F and in a name of one or two pairs U+201B U+FF0E
///
/// In a request the elements `.` and `..` mean one or two U+FF0E on disk, so no request climbs out of a
/// folder, and NUL means U+2400.
///
/// A name from the disk, turned into the API's form and back, is the name on disk again. rclone 1.60 doubles
/// U+201B a second time on the way back and so loses such files; that is not imitated.
///
/// Both functions take whole paths with '/' between elements and leave the slashes alone. Fast when nothing
/// has to change.
std::string standard_from_disk(std::string_view path);
std::string disk_from_standard(std::string_view path);
/// True when standard_from_disk would change nothing: the hot paths skip the copy.
bool is_standard(std::string_view path);

} // namespace argosy
