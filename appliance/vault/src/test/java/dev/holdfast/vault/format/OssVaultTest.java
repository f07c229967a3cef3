package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OssVaultTest extends VaultContract {
    private OssServer server;
    private OssCredentials.Keys admitted;

    @Override
    protected ObjectStore create() throws Exception {
        server = new OssServer(directory.resolve("bucket"));
        admitted = server.admit("LTAItest", "");
        return new OssObjectStore(server.location("office"), admitted);
    }

    @Test
    void aRepairReadsFromACopyInAChargedClassOnlyWhenTold() throws Exception {
        try (Office office = Office.open(directory.resolve("office"), vault, hash());
                ObjectStore copy = new OssObjectStore(server.location("copy"), admitted)) {
            StoreFixture.backup(office.store, 1, files(1, 4, 50_000));
            office.upload();
            String key = keys(ObjectKind.CONTAINER.prefix()).getFirst();
            copy.put(key, Body.of(bytes(key)), PutOptions.NEW.as(StorageClass.INFREQUENT));
            vault.delete(List.of(key));
            VaultCheck.Report report = new VaultCheck(vault, (what, done, total) -> {}).run();
            List<String> told = new ArrayList<>();
            assertThat(repair(office, copy, false)
                            .repair(report, office.journal.root(), told::add)
                            .repaired())
                    .isEmpty();
            assertThat(told).singleElement(STRING).contains(key, "IA", "--read-charged");
            assertThat(repair(office, copy, true)
                            .repair(report, office.journal.root(), told::add)
                            .repaired())
                    .containsExactly(key);
        }
    }

    private VaultRepair repair(Office office, ObjectStore copy, boolean readCharged) {
        return new VaultRepair(
                vault,
                office.keys,
                (kind, id) -> Optional.empty(),
                List.of(copy),
                VaultRepair.Classes.STANDARD,
                readCharged);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Override
    protected HashAlgorithm hash() {
        return HashAlgorithm.BLAKE3;
    }
}
