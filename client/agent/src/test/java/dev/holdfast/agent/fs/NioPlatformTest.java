package dev.holdfast.agent.fs;

/** The fallback of other systems, tested where it can be. */
class NioPlatformTest extends DirectoryContractTest {
    @Override
    Platform platform() {
        return new NioPlatform();
    }
}
