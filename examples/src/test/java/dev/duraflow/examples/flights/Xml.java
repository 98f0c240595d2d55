package dev.duraflow.examples.flights;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.helpers.DefaultHandler;

/** Reads what the program wrote with the JDK's parser, which takes nothing that is not well-formed. */
final class Xml {
  private static final ErrorHandler STRICT = new DefaultHandler();

  private Xml() {}

  static Document parse(String text) throws Exception {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(STRICT);
    return builder.parse(new InputSource(new StringReader(text)));
  }

  /** The elements of a name below, in their order. */
  static List<Element> elements(Document document, String name) {
    NodeList nodes = document.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  static List<Element> elements(Document document, String name, String cssClass) {
    return elements(document, name).stream()
        .filter(element -> List.of(element.getAttribute("class").split(" ")).contains(cssClass))
        .toList();
  }
}
