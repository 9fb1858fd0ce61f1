/**
 * Reading one setting: from the text an administrator wrote to a typed value, or to one clear error
 * that says which key, which value, and what was expected.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.api.setting;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
