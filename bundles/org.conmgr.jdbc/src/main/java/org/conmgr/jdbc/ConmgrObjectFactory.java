package org.conmgr.jdbc;

import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.Name;
import javax.naming.Reference;
import javax.naming.spi.ObjectFactory;
import org.jspecify.annotations.Nullable;

/** Brings back from JNDI the data sources that were bound there. */
public final class ConmgrObjectFactory implements ObjectFactory {
    /** For JNDI. */
    public ConmgrObjectFactory() {}

    /** The data source that the reference describes; null when it is none of ours. */
    @Override
    public @Nullable Object getObjectInstance(
            @Nullable Object object,
            @Nullable Name name,
            @Nullable Context context,
            @Nullable Hashtable<?, ?> settings) {
        if (!(object instanceof Reference reference)) {
            return null;
        }
        ConmgrDataSource source;
        if (ConmgrDataSource.class.getName().equals(reference.getClassName())) {
            source = new ConmgrDataSource();
        } else if (ConmgrXADataSource.class.getName().equals(reference.getClassName())) {
            source = new ConmgrXADataSource();
        } else if (ConmgrConnectionPoolDataSource.class.getName().equals(reference.getClassName())) {
            source = new ConmgrConnectionPoolDataSource();
        } else {
            return null;
        }
        source.setFromReference(reference);
        return source;
    }
}
