package dev.holdfast.cli;

import dev.holdfast.api.LocalApi;
import dev.holdfast.server.StoppedAppliance;
import java.io.OutputStream;

/** Calls the API in this process, where no appliance runs. */
record StoppedTransport(StoppedAppliance appliance) implements ApiClient.Transport {
    @Override
    public boolean running() {
        return false;
    }

    @Override
    public ApiClient.Answer call(String method, String target, byte[] body) {
        LocalApi.Answer answer = appliance.call(method, target, body);
        return new ApiClient.Answer(answer.status(), answer.body());
    }

    /** Only a running appliance has any; what is answered says so. */
    @Override
    public ApiClient.Answer download(String target, OutputStream out) {
        return call("GET", target, new byte[0]);
    }

    @Override
    public void close() {
        appliance.close();
    }
}
