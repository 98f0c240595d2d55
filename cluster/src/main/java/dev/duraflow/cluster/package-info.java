/** Places tasks in other processes by db-scheduler, on the PostgreSQL in which the runs are. */
@NullMarked
package dev.duraflow.cluster;

import org.jspecify.annotations.NullMarked;
