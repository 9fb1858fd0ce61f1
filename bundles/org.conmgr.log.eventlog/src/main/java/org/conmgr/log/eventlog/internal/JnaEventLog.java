package org.conmgr.log.eventlog.internal;

import com.sun.jna.Native;
import com.sun.jna.platform.win32.Advapi32;
import com.sun.jna.platform.win32.Kernel32Util;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import java.io.IOException;

/** The calls of advapi32.dll. */
final class JnaEventLog implements EventLog {
    @Override
    public Source register(String name) throws IOException {
        HANDLE handle = Advapi32.INSTANCE.RegisterEventSource(null, name);
        if (handle == null) {
            throw failure("RegisterEventSource(" + name + ")");
        }
        return new JnaSource(handle);
    }

    private static IOException failure(String call) {
        int error = Native.getLastError();
        return new IOException(call + ": error " + error + ", " + Kernel32Util.formatMessage(error));
    }

    private record JnaSource(HANDLE handle) implements Source {
        @Override
        public void report(Type type, String text) throws IOException {
            if (!Advapi32.INSTANCE.ReportEvent(handle, type.code(), 0, 0, null, 1, 0, new String[] {text}, null)) {
                throw failure("ReportEvent");
            }
        }

        @Override
        public void deregister() {
            Advapi32.INSTANCE.DeregisterEventSource(handle);
        }
    }
}
