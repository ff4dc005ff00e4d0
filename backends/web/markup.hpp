#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

/// HTML and XML that are read as they arrive, by libxml2. Entities of the document's own making are not
/// expanded and nothing is loaded from anywhere. Broken markup is read as far as it makes sense.
namespace argosy::web {

/// Told of the elements of an XML document, in order, on the thread that feeds the reader.
class xml_events {
public:
  virtual ~xml_events() = default;
  /// `space` is the namespace, empty for none.
  virtual void begin(std::string_view space, std::string_view name) = 0;
  /// In pieces.
  virtual void text(std::string_view piece) = 0;
  virtual void end(std::string_view space, std::string_view name) = 0;
};

class xml_reader {
public:
  explicit xml_reader(xml_events& to);
  ~xml_reader();
  /// What the events throw is thrown on.
  void feed(const char* data, std::size_t size);
  /// After the last piece. True when there was an element at the top and its end was seen.
  bool finish();
  /// So far nothing was left out that XML does not allow, such as a control character.
  bool well_formed() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Finds the links of an HTML page.
class link_reader {
public:
  /// `found` gets the href of each <a> that has one, in order, decoded.
  explicit link_reader(std::function<void(std::string&& href)> found);
  ~link_reader();
  void feed(const char* data, std::size_t size);
  void finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace argosy::web
