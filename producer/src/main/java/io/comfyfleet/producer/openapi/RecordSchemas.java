package io.comfyfleet.producer.openapi;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.github.therapi.runtimejavadoc.ParamJavadoc;
import com.github.therapi.runtimejavadoc.RuntimeJavadoc;
import io.comfyfleet.job.Result;
import io.comfyfleet.job.Workflow;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverter;
import io.swagger.v3.core.converter.ModelConverterContext;
import io.swagger.v3.core.util.AnnotationsUtils;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.oas.models.media.JsonSchema;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The shape in JSON of our records and enums: names in snake case, what may be null left out unless
 * it is always written, descriptions from the javadoc of the components.
 */
class RecordSchemas implements ModelConverter {
  static final String COMPONENTS = "#/components/schemas/";

  private static final String OURS = "io.comfyfleet.";

  @Override
  public @Nullable Schema<?> resolve(
      AnnotatedType type, ModelConverterContext context, Iterator<ModelConverter> chain) {
    Class<?> raw = Json31.mapper().constructType(type.getType()).getRawClass();
    if (raw.equals(Result.class)) {
      return reference(PublishedSchemas.RESULT);
    }
    if (raw.equals(Workflow.class)) {
      return typed("object").description("ComfyUI graph in API format: node id to node.");
    }
    if (raw.getName().startsWith(OURS) && raw.isEnum()) {
      return enumeration(raw);
    }
    if (raw.getName().startsWith(OURS) && raw.isRecord()) {
      String name = name(raw);
      if (!context.getDefinedModels().containsKey(name)) {
        Schema<?> schema = typed("object");
        context.defineModel(name, schema);
        describe(schema, raw, context);
      }
      return reference(name);
    }
    return chain.hasNext() ? chain.next().resolve(type, context, chain) : null;
  }

  private static void describe(Schema<?> schema, Class<?> record, ModelConverterContext context) {
    Map<String, String> words = words(record);
    List<String> required = new ArrayList<>();
    for (RecordComponent component : record.getRecordComponents()) {
      if (component.getAccessor().isAnnotationPresent(JsonUnwrapped.class)) {
        describe(schema, component.getType(), context);
        required.addAll(schema.getRequired());
        continue;
      }
      String name = snake(component.getName());
      // A copy: one schema serves all places of a type, and each place has words of its own.
      Schema<?> property =
          AnnotationsUtils.clone(
              context.resolve(new AnnotatedType(component.getGenericType()).resolveAsRef(true)),
              true);
      boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
      JsonInclude include = component.getAccessor().getAnnotation(JsonInclude.class);
      boolean always = include != null && include.value() == JsonInclude.Include.ALWAYS;
      if (!nullable || always) {
        required.add(name);
      }
      if (nullable && always) {
        orNull(property);
      }
      property.setDescription(words.getOrDefault(component.getName(), property.getDescription()));
      schema.addProperty(name, property);
    }
    schema.setRequired(required.isEmpty() ? null : required);
  }

  private static Map<String, String> words(Class<?> record) {
    return RuntimeJavadoc.getJavadoc(record).getRecordComponents().stream()
        .collect(
            Collectors.toMap(
                ParamJavadoc::getName, words -> RecordWords.sentence(words.getComment())));
  }

  private static Schema<?> enumeration(Class<?> type) {
    JsonSchema schema = typed("string");
    Arrays.stream(type.getEnumConstants())
        .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
        .forEach(schema::addEnumItemObject);
    return schema;
  }

  private static void orNull(Schema<?> schema) {
    Set<String> types = new LinkedHashSet<>();
    if (schema.getTypes() != null) {
      types.addAll(schema.getTypes());
    }
    if (schema.getType() != null) {
      types.add(schema.getType());
    }
    types.add("null");
    schema.setTypes(types);
  }

  private static JsonSchema typed(String type) {
    JsonSchema schema = new JsonSchema();
    schema.addType(type);
    return schema;
  }

  private static Schema<?> reference(String name) {
    return new JsonSchema().$ref(COMPONENTS + name);
  }

  /**
   * A record within a feature's record carries that one's name too, one of a controller does not.
   */
  private static String name(Class<?> record) {
    Class<?> outer = record.getEnclosingClass();
    return outer == null || !outer.isRecord()
        ? record.getSimpleName()
        : outer.getSimpleName() + record.getSimpleName();
  }

  private static String snake(String camel) {
    return camel.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
