package dev.holdfast.agent.vm;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** What libvirt tells as XML. Names of machines are from anybody: no entities, no files. */
record Xml(Element element) {
    static Xml parse(String text) throws IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            // By default it prints errors.
            builder.setErrorHandler(new DefaultHandler());
            // A warning of virsh may be in front of it.
            int begin = Math.max(0, text.indexOf('<'));
            return new Xml(builder.parse(new InputSource(new StringReader(text.substring(begin))))
                    .getDocumentElement());
        } catch (SAXException | ParserConfigurationException e) {
            throw new IOException("libvirt's XML cannot be read: " + e.getMessage(), e);
        }
    }

    String name() {
        return element.getTagName();
    }

    /** An attribute; empty where it is not there. */
    String at(String attribute) {
        return element.getAttribute(attribute);
    }

    List<Xml> all(String name) {
        List<Xml> found = new ArrayList<>();
        NodeList children = element.getChildNodes();
        for (int i = 0; i < children.getLength(); i++) {
            if (children.item(i) instanceof Element each && each.getTagName().equals(name)) {
                found.add(new Xml(each));
            }
        }
        return found;
    }

    /** The first element of this name; empty where there is none. */
    Optional<Xml> one(String name) {
        return all(name).stream().findFirst();
    }

    boolean has(String name) {
        return one(name).isPresent();
    }

    /** The attribute of the first element of this name. */
    String at(String name, String attribute) {
        return one(name).map(each -> each.at(attribute)).orElse("");
    }

    /** The text in the first element of this name. */
    String text(String name) {
        return one(name).map(Xml::element).map(Node::getTextContent).orElse("");
    }
}
