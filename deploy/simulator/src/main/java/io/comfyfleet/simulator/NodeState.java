package io.comfyfleet.simulator;

import io.comfyfleet.simulator.execution.ExecutionLog;
import io.comfyfleet.simulator.execution.JobTime;
import io.comfyfleet.simulator.fault.Faults;
import io.comfyfleet.simulator.http.UploadLog;
import io.comfyfleet.simulator.media.Folders;
import io.comfyfleet.simulator.setup.SimulatorOptions;
import io.vertx.core.Vertx;

/** What one node keeps over all its lives. */
record NodeState(
    Vertx vertx,
    SimulatorOptions options,
    Folders folders,
    Faults faults,
    ExecutionLog log,
    UploadLog uploads,
    JobTime times) {}
