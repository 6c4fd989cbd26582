import { SamplingDecision } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';

export interface Telemetry {
  /** Every metric of this process in Prometheus' text format. */
  metricsText(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Without a collector no span is recorded, yet each has its ids: journal, logs and messages carry them all the same. The SDK has a
 * tracer only where there is a processor.
 */
const IDS_ALONE: Partial<NodeSDKConfiguration> = {
  sampler: { shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }), toString: () => 'IdsAlone' },
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: () => undefined,
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
  ],
};

const exportTo = (endpoint: string): Partial<NodeSDKConfiguration> => ({
  traceExporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
});

/**
 * Starts traces and metrics of one process. Spans are made by hand where they tell something (bus, journal, HTTP front), without
 * the ESM loader hook, which would cost each service 60 MB and two seconds of start.
 */
export function startTelemetry(service: string, traceEndpoint: string | undefined): Telemetry {
  const metrics = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer();
  const sdk = new NodeSDK({
    serviceName: `bulkhead-${service}`,
    autoDetectResources: false,
    metricReaders: [metrics],
    instrumentations: [],
    ...(traceEndpoint === undefined ? IDS_ALONE : exportTo(traceEndpoint)),
  });
  sdk.start();
  return {
    metricsText: async () => {
      const { resourceMetrics, errors } = await metrics.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'some metrics could not be read');
      return serializer.serialize(resourceMetrics);
    },
    stop: () => sdk.shutdown(),
  };
}
