package dev.holdfast.control.usecase;

import java.util.List;

/** Where clients reach the appliance, known when it listens. */
public interface ClientAddress {
    /** A name or an address of this machine, as clients may use it; empty where no appliance runs. */
    String host();

    /** 0 where no appliance runs. */
    int port();

    /** What the appliance's certificate names now; empty where no appliance runs. */
    List<String> certificateNames();
}
