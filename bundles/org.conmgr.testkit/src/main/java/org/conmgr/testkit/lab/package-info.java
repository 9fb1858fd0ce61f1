/**
 * Hosts of a small network on one Linux machine, made of network namespaces, to try what a cable that is pulled, a
 * firewall that swallows packets or a host that stands still does to the product. Needs root that may make network
 * namespaces, and the programs {@code ip}, {@code nft} and {@code nsenter}.
 *
 * <pre>
 *     root namespace: the test ---- 198.19.N.1 -------------------------+ never cut
 *                                                                      |
 *   client hosts                  router               database hosts  |
 *  web1 eth0 198.18.N.130 --+               +-- 198.18.N.2 eth0 db1 mgmt0
 *  web2 eth0 198.18.N.131 --+-- .129   .1 --+-- 198.18.N.3 eth0 db2 mgmt0
 * </pre>
 *
 * Between the two segments the router routes, within one it bridges. Faults are made at the router's port of a host,
 * where the host itself sees nothing of them. Every step is printed on a line of its own. What a killed test left behind
 * is removed by the next {@link org.conmgr.testkit.lab.Lab#open}.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.testkit.lab;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
