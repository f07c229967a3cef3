package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the control database makes of nodes that are renamed, retire, are removed, and come back. */
class NodeLifeTest {
    private static final String KEPT_SCOPE = "oidc nodes of x";

    @TempDir
    private Path directory;

    private ControlDb control;

    @BeforeEach
    void open() throws Exception {
        control = new ControlDb(directory.resolve("control.db"));
        assertThat(enrol("web1", null)).isEqualTo(1);
        assertThat(enrol("web2", null)).isEqualTo(2);
        control.users().add("ann", "x", "backup-operator", false, "[\"web1\",\"web2\"]");
        control.users().add("bob", "x", "backup-operator", false, "[\"web2\"]");
        control.users().add("eve", "x", "administrator", true, "");
        control.settings().set(KEPT_SCOPE, "[\"web1\"]");
        control.settings().set("other", "web1");
        control.policies().put("office", "{}");
        control.policies().bind(1, "office");
        control.plans().put("nightly", "{}");
        control.plans().bind("nightly", 1);
    }

    @AfterEach
    void close() throws Exception {
        control.close();
    }

    private int enrol(String name, Integer node) throws Exception {
        return enrol(name, node, 8);
    }

    private int enrol(String name, Integer node, int most) throws Exception {
        String token = "token-" + UUID.randomUUID();
        control.tokens().add(token, Duration.ofHours(1), node);
        return control.nodes()
                .enroll(token, "", name, "linux", most, id -> new NodeCertificate(token, Instant.EPOCH))
                .id();
    }

    private String nodes(String user) throws Exception {
        return control.users().find(user).orElseThrow().nodes();
    }

    private Node node(int id) throws Exception {
        return control.nodes().find(id).orElseThrow();
    }

    @Test
    void renamedNodeKeepsEverythingAndUsersSeeItUnderTheNewName() throws Exception {
        String before = control.decisions();
        assertThat(control.nodeLife().rename(1, "web1", "shop", List::of)).isTrue();
        assertThat(node(1).name()).isEqualTo("shop");
        assertThat(control.nodes().names().of(1, "web1")).isEqualTo("shop");
        assertThat(nodes("ann")).isEqualTo("[\"shop\",\"web2\"]");
        assertThat(nodes("bob")).isEqualTo("[\"web2\"]");
        assertThat(nodes("eve")).isEmpty();
        assertThat(control.settings().get(KEPT_SCOPE)).hasValue("[\"shop\"]");
        assertThat(control.settings().get("other")).hasValue("web1");
        assertThat(control.plans().nodes("nightly")).containsExactly("shop");
        assertThat(control.policies().of(1)).hasValue("office");
        assertThat(control.nodes().admits(1, node(1).fingerprint())).isTrue();
        // So that the copy of the database beside it is made anew.
        assertThat(control.decisions()).isNotEqualTo(before);
    }

    @Test
    void vaultsFollowInTheSameChangeOrNothingChanges() throws Exception {
        control.vaults().put("vault", "old rules", null);
        assertThatThrownBy(() -> control.nodeLife().rename(1, "web1", "shop", () -> {
                    throw new IOException("not allowed");
                }))
                .hasMessage("not allowed");
        assertThat(node(1).name()).isEqualTo("web1");
        List<NodeLife.VaultRules> rules = List.of(new NodeLife.VaultRules("vault", "new rules"));
        assertThat(control.nodeLife().rename(1, "web1", "web2", () -> rules)).isFalse();
        assertThat(control.vaults().find("vault").orElseThrow().settings()).isEqualTo("old rules");
        assertThat(control.nodeLife().rename(1, "web1", "shop", () -> rules)).isTrue();
        assertThat(control.vaults().find("vault").orElseThrow().settings()).isEqualTo("new rules");
    }

    @Test
    void aNameOfAnotherNodeIsNotGiven() throws Exception {
        assertThat(control.nodeLife().rename(1, "web1", "web2", List::of)).isFalse();
        assertThat(control.nodeLife().rename(1, "other", "shop", List::of)).isFalse();
        assertThat(node(1).name()).isEqualTo("web1");
        assertThat(nodes("ann")).isEqualTo("[\"web1\",\"web2\"]");
    }

    @Test
    void retiredNodeHasNoAccessNorPlansAndKeepsItsPolicy() throws Exception {
        String certificate = node(1).fingerprint();
        control.certificates()
                .add(1, new NodeCertificate("renewed", Instant.now().plusSeconds(99)));
        control.tokens().add("again", Duration.ofHours(1), 1);
        long order = control.orders()
                .add(1, "nightly", new TaskSpec.Backup("nightly", 1, false), "backup", 0, "administrator");
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        PlanTable.OVERDUE,
                        1,
                        Phrase.plain(PlanTable.about("nightly") + " is late"));
        assertThat(control.nodeLife().retire(1)).isTrue();
        // As after a crash.
        assertThat(control.nodeLife().retire(1)).isFalse();
        assertThat(node(1).active()).isFalse();
        assertThat(node(1).retiredAt()).isNotNull();
        assertThat(control.nodes().admits(1, certificate)).isFalse();
        assertThat(control.nodes().admits(1, "renewed")).isFalse();
        assertThat(control.plans().of(1)).isEmpty();
        assertThat(control.policies().of(1)).hasValue("office");
        assertThat(control.tokens().open()).isEmpty();
        assertThat(control.tasks().find(order).orElseThrow().state()).isEqualTo(TaskState.CANCELLED);
        assertThat(control.events().list(true, 10)).isEmpty();
    }

    @Test
    void removedNodeLeavesItsNameToOthers() throws Exception {
        control.nodeLife().retire(1);
        control.nodeLife().remove(1);
        control.nodeLife().remove(1);
        assertThat(node(1).name()).isEqualTo("web1 (removed, node 1)");
        assertThat(node(1).removedAt()).isNotNull();
        assertThat(nodes("ann")).isEqualTo("[\"web2\"]");
        assertThat(control.settings().get(KEPT_SCOPE)).hasValue("[]");
        assertThat(control.policies().remove("office")).isTrue();
        int next = enrol("web1", null);
        assertThat(node(next).name()).isEqualTo("web1");
        assertThat(next).isEqualTo(3);
    }

    @Test
    void enrolmentBringsARetiredNodeBackAndRefusesItsOldCertificate() throws Exception {
        String before = node(1).fingerprint();
        control.nodeLife().retire(1);
        assertThat(enrol("whatever", 1)).isEqualTo(1);
        assertThat(node(1).name()).isEqualTo("web1");
        assertThat(node(1).active()).isTrue();
        assertThat(node(1).retiredAt()).isNull();
        assertThat(control.nodes().admits(1, before)).isFalse();
        assertThat(control.nodes().admits(1, node(1).fingerprint())).isTrue();
    }

    @Test
    void aRevokedNodeDoesNotComeBackBeyondTheLimitOfTheModel() throws Exception {
        control.nodes().revoke("web1");
        assertThatThrownBy(() -> enrol("web1", 1, 1)).hasMessageContaining("has its 1 nodes");
        // An active one is no further node.
        assertThat(enrol("web2", 2, 1)).isEqualTo(2);
    }
}
