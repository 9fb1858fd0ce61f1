package org.conmgr.gateway.libpq.internal;

import org.conmgr.gateway.Gateway;
import org.conmgr.gateway.OptionsDoor;
import org.conmgr.gateway.RelayAdapter;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FrontDoor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Takes whatever comes by conmgr's own port and is nobody else's. */
@Component(service = ApplicationAdapter.class, immediate = true)
public final class LibpqAdapter extends RelayAdapter {
    static final String PATH = "libpq";

    @Activate
    public LibpqAdapter(@Reference Gateway gateway, @Reference FrontDoor frontDoor) {
        super(gateway, OptionsDoor.open(PATH, frontDoor));
    }
}
