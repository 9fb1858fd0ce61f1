package org.conmgr.cmctl;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cm_ctl unregister}. */
@Command(
        name = "unregister",
        description = {"Stops a service that register has made, and removes it.", "For an administrator."})
final class Unregister implements Callable<Integer> {
    private final Surroundings surroundings;
    private final Windows windows;

    @Mixin
    private ServiceName serviceName = new ServiceName();

    Unregister(Surroundings surroundings, Windows windows) {
        this.surroundings = surroundings;
        this.windows = windows;
    }

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        String name = serviceName.name(windows);
        if (!windows.hasService(name)) {
            throw new Failure(ExitCode.ERROR, "there is no service " + name);
        }
        if (!windows.isOurs(name)) {
            throw new Failure(ExitCode.ERROR, "service " + name + " was not made by cm_ctl register: it is left alone");
        }
        String runner = Register.runner(surroundings).toString();
        Windows.Outcome deleted = windows.programs().run(ServiceCommand.delete(runner, name), Map.of());
        if (deleted.exitCode() != 0) {
            throw new Failure(
                    ExitCode.ERROR,
                    "service " + name + " is not removed: " + runner + " ended with exit code " + deleted.exitCode()
                            + "\n" + deleted.output().strip());
        }
        surroundings.say("service " + name + " is removed");
        return ExitCode.OK;
    }
}
