package org.conmgr.config.internal;

import java.io.IOException;
import java.nio.file.Path;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.config.Parameter;
import org.conmgr.config.PidFile;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.propertytypes.SatisfyingConditionTarget;

/**
 * Tells {@code cm_ctl} by {@link PidFile} on which port this process is, as soon as the settings are known, and when it
 * shuts down. An update of this bundle leaves the file as it is, and so does a port that cannot be: then the listener
 * stays where it was. Hence a {@code Modified} method.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = Parameter.Pid.LISTENER)
@SatisfyingConditionTarget("(osgi.condition.id=conmgr.config)")
public final class PidFileKeeper implements SynchronousBundleListener, AutoCloseable {
    /** The one key of the listener's that matters here. */
    @interface Config {
        String port() default "27546";
    }

    private final BundleContext context;
    private final Path directory;
    private final MessageLog log;

    @Activate
    public PidFileKeeper(BundleContext context, @Reference MessageLog log, Config config) {
        this(context, ConfKeeper.directory(context), log, config.port());
    }

    PidFileKeeper(BundleContext context, Path directory, MessageLog log, String port) {
        this.context = context;
        this.directory = directory;
        this.log = log;
        context.addBundleListener(this);
        try {
            write(Setting.port("port", port));
        } catch (InvalidSetting e) {
            // The listener tells it; until it is mended there is no port.
            write(PidFile.STARTING);
        }
    }

    @Modified
    void modified(Config config) {
        try {
            write(Setting.port("port", config.port()));
        } catch (InvalidSetting e) {
            return; // The listener tells it.
        }
    }

    private void write(int port) {
        try {
            PidFile.ofThisProcess(directory, port).write();
        } catch (IOException e) {
            log.log(Message.PID_FILE_NOT_WRITTEN, directory.resolve(PidFile.NAME), e);
        }
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getBundle().getBundleId() == 0 && event.getType() == BundleEvent.STOPPING) {
            write(PidFile.STOPPING);
            directory.resolve(PidFile.NAME).toFile().deleteOnExit();
        }
    }

    @Override
    @Deactivate
    public void close() {
        context.removeBundleListener(this);
    }
}
