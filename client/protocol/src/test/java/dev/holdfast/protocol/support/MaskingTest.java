package dev.holdfast.protocol.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of files in what programs say, in the forms in which they say them. */
class MaskingTest {
    private static final Masking MASKING = new Masking(false, List.of("/var/lib/holdfast"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cannot read home/ann/canary plan.odt: permission denied",
                "cannot read canary.xlsx: permission denied",
                "cannot read ./canary/list",
                "cannot read ../canary",
                "cannot read \"canary plan\": permission denied",
                "cannot read \u201ccanary plan\u201d",
                "{\"at\":\"2026-11-28T01:00:00Z\",\"message\":\"cannot read \\\"canary plan\\\": denied\"}",
                "{\"message\":\"cannot read docs/canary plan.odt\"}",
                "{\"message\":\"cannot read \\u201ccanary.odt\\u201d\"}",
                "Nov 28 01:00:00 web1 holdfast[12]: 'canary' and canary.7z, canary.tar.gz",
                "events[0].message: lost canary/2027",
                "signed in with hft_0canary4711",
                "{\"message\":\"signed in\\nhft_0canary4711\"}",
                "file=canary.db5 gone",
                "/var/lib/holdfast/volumes/0 and then home/canary"
            })
    void namesAreLeftOut(String line) {
        assertThat(MASKING.log(line)).doesNotContain("canary");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"at\":\"2026-11-28T01:00:00.123Z\",\"level\":\"INFO\",\"logger\":\"dev.holdfast.server.net.Listener\",\"message\":\"ok\"}",
                "java.io.IOException: no room",
                "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
                "\tat dev.holdfast.server.Appliance.start(Appliance.java:211)",
                "listens on 127.0.0.1:8807, release 0.1.0 since 25.0.3",
                "containers 5/10, 12.5 MB at 3.1 MB/s",
                "damaged: /var/lib/holdfast/volumes/0/containers/00000/00000001.hfc",
                "renewed node.crt, keyring.json and control.db. Done.",
                "started holdfast-appliance.service",
                "events[0].message: Volume 1 is missing."
            })
    void whatHelpsStays(String line) {
        assertThat(MASKING.log(line)).isEqualTo(line);
    }

    @Test
    void namesStayWhereTheyAreWanted() {
        String line = "cannot read \"home/ann/plan.odt\"";
        assertThat(new Masking(true, List.of()).log(line)).isEqualTo(line);
    }
}
