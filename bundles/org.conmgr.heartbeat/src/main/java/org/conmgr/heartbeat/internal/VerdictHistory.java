package org.conmgr.heartbeat.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.link.VerdictView;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The last verdicts of each instance and each conmgr. Bounded: of those subjects whose last verdict is the oldest, all
 * is forgotten when there are too many; conmgrs, of which there may be thousands, never push out an instance.
 */
@Component(
        immediate = true, // must outlive the comings and goings of those who write and read it
        service = {VerdictView.class, VerdictHistory.class})
public final class VerdictHistory implements VerdictView {
    /** Of one subject. */
    static final int MAX_RECORDS = 16;

    /** Instances, and as many conmgrs. */
    static final int MAX_SUBJECTS = 256;

    /** In the order of their last verdicts. Guarded by this: links report on several event loops. */
    private final Map<Object, Deque<VerdictRecord>> instances = new LinkedHashMap<>();

    private final Map<Object, Deque<VerdictRecord>> conmgrs = new LinkedHashMap<>();

    @Activate
    public VerdictHistory() {
        // Empty at the start: it is kept in memory only.
    }

    synchronized void add(VerdictRecord verdict) {
        if (verdict.subject() instanceof VerdictSubject.Instance judged) {
            add(instances, judged.instance().number(), verdict);
        } else {
            add(conmgrs, verdict.subject(), verdict);
        }
    }

    private static void add(Map<Object, Deque<VerdictRecord>> subjects, Object subject, VerdictRecord verdict) {
        Deque<VerdictRecord> records = subjects.remove(subject);
        if (records == null) {
            records = new ArrayDeque<>(2);
            if (subjects.size() == MAX_SUBJECTS) {
                Iterator<Object> eldest = subjects.keySet().iterator();
                eldest.next();
                eldest.remove();
            }
        } else if (records.size() == MAX_RECORDS) {
            records.removeFirst();
        }
        records.addLast(verdict);
        subjects.put(subject, records);
    }

    @Override
    public List<VerdictRecord> verdicts() {
        List<VerdictRecord> all = new ArrayList<>();
        synchronized (this) {
            instances.values().forEach(all::addAll);
            conmgrs.values().forEach(all::addAll);
        }
        all.sort(Comparator.comparing((VerdictRecord record) -> record.verdict().at())
                .reversed());
        return all;
    }
}
