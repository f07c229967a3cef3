package dev.holdfast.protocol.pki;

/** What a certificate of the appliance's authority is for. No certificate is for both. */
public enum Usage {
    /** The appliance's own certificate, for its listener and its API. */
    APPLIANCE("1.3.6.1.5.5.7.3.1", "serverAuth"),
    /** The certificate of a node. */
    NODE("1.3.6.1.5.5.7.3.2", "clientAuth");

    private final String purpose;
    private final String label;

    Usage(String purpose, String label) {
        this.purpose = purpose;
        this.label = label;
    }

    /** The object identifier in the extended key usage extension. */
    String purpose() {
        return purpose;
    }

    /** The name of {@link #purpose} in RFC 5280, without its prefix. */
    String label() {
        return label;
    }
}
