package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Refusals of libvirt while a backup is removed. */
class LibvirtJobTest {
    private static final String DELETE = "checkpoint-delete --domain=" + FakeVirsh.UUID + " holdfast-1";
    private static final String JOB =
            "echo \"<domainbackup mode='pull'><server transport='unix' socket='/run/holdfast-1'/></domainbackup>\"";
    private static final String NONE = "echo 'error: Domain backup job id not found: no job' >&2; exit 1";

    @TempDir
    Path dir;

    private final List<String> remarks = new ArrayList<>();
    private FakeVirsh virsh;
    private LibvirtJob job;

    @BeforeEach
    void start() throws IOException {
        virsh = new FakeVirsh(dir);
        virsh.machine();
        virsh.answer("checkpoint-list", "echo holdfast-1; echo theirs");
        job = new LibvirtJob(virsh.virsh(), FakeVirsh.UUID, "holdfast-");
    }

    private void deleteRefused(String why) throws IOException {
        virsh.answer(
                "checkpoint-delete",
                "case \"$*\" in *--metadata) ;; *) echo \"error: " + why + "\" >&2; exit 1 ;; esac");
        job.deleteCheckpoints(Set.of(), remarks::add);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Timed out during operation: cannot acquire state change lock (held by"
                        + " monitor=remoteDispatchDomainBackupBegin)",
                "operation failed: another bitmap is busy",
                "internal error: client socket is closed"
            })
    void aCheckpointThatLibvirtDoesNotDeleteNowIsLeftToTheNextBackup(String why) throws Exception {
        deleteRefused(why);
        assertThat(virsh.calls()).contains(DELETE).noneMatch(each -> each.contains("--metadata"));
        assertThat(remarks).singleElement().asString().contains("holdfast-1, which the next backup tries again", why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "internal error: unable to execute QEMU command 'transaction': Dirty bitmap 'holdfast-1' not found",
                "internal error: unable to execute QEMU command 'transaction': Bitmap 'holdfast-1' could not be found",
                "invalid argument: missing or broken bitmap 'holdfast-1' for disk 'vda'"
            })
    void aCheckpointWhoseBitmapIsGoneIsForgotten(String why) throws Exception {
        deleteRefused(why);
        assertThat(virsh.calls()).containsSubsequence(DELETE, DELETE + " --metadata");
        assertThat(virsh.calls()).noneMatch(each -> each.contains("theirs"));
        assertThat(remarks).singleElement().asString().contains("and forgot it", why);
    }

    @Test
    void aJobThatEndsByItselfBeforeItIsEndedIsNoFailure() throws Exception {
        virsh.answer("backup-dumpxml", JOB);
        virsh.answer(
                "domjobabort",
                "cat >\"$(dirname \"$0\")/answer-backup-dumpxml\" <<'END'\n" + NONE + "\nEND\n"
                        + "echo 'error: Requested operation is not valid: no job is active on the domain' >&2; exit 1");
        job.end();
        assertThat(virsh.commands())
                .containsExactly("backup-dumpxml", "domjobabort", "backup-dumpxml", "backup-dumpxml");

        virsh.answer("backup-dumpxml", JOB);
        virsh.refuse("domjobabort", "internal error: no");
        assertThatThrownBy(job::end).hasMessageContaining("domjobabort: internal error: no");
    }
}
