package org.conmgr.jmx.internal;

import org.conmgr.api.link.VerdictView;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Shows the verdicts of this process, of both ends. */
@Component(
        immediate = true,
        service = {})
public final class VerdictBeans implements AutoCloseable {
    private final Runnable hide;

    @Activate
    public VerdictBeans(BundleContext context, @Reference VerdictView verdicts) {
        this(verdicts, Beans.of(context));
    }

    VerdictBeans(VerdictView verdicts, Beans beans) {
        hide = beans.show(VerdictsMXBean.class, new VerdictsBean(verdicts), "type=Verdicts");
    }

    @Override
    @Deactivate
    public void close() {
        hide.run();
    }
}
