import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';

export interface Telemetry {
  /** Every metric of this process in Prometheus' text format. */
  metricsText(): Promise<string>;
  stop(): Promise<void>;
}

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
    ...(traceEndpoint
      ? { traceExporter: new OTLPTraceExporter({ url: `${traceEndpoint.replace(/\/$/, '')}/v1/traces` }) }
      : { spanProcessors: [] }),
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
