package org.conmgr.gateway.odbc.internal;

import java.util.Optional;
import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.OptionsDoor;
import org.conmgr.gateway.RelayAdapter;
import org.conmgr.gateway.StartupOptions;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.FrontDoor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.propertytypes.ServiceRanking;

/**
 * Takes psqlODBC's connections on conmgr's own port. psqlODBC is a libpq client that says nothing of itself, so its data
 * sources say it in {@code pqopt}: {@code options='-c conmgr.client=odbc'}. Above the adapter that takes everything.
 */
@Component(service = ApplicationAdapter.class, immediate = true)
@ServiceRanking(100)
public final class OdbcAdapter extends RelayAdapter {
    static final String PATH = "odbc";
    private static final String SETTING = "conmgr.client";

    @Activate
    public OdbcAdapter(@Reference Gateway gateway, @Reference FrontDoor frontDoor) {
        super(gateway, OptionsDoor.open(PATH, frontDoor));
    }

    @Override
    public boolean accepts(FirstPacket packet) {
        return packet instanceof FirstPacket.Startup startup
                && StartupOptions.value(startup, SETTING).equals(Optional.of(PATH));
    }
}
