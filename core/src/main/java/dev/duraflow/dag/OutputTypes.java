package dev.duraflow.dag;

import java.io.IOException;
import java.io.NotActiveException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the output type off a body. A lambda or method reference of a serializable interface names the method that implements
 * it, in the {@link SerializedLambda} that it would be replaced by; that method's return type keeps its generics if it is a
 * method that somebody wrote, and its class if the compiler made it out of a lambda. Nothing is serialized: the stream's
 * replacement hook takes the form and stops. A body that is an ordinary object says its type by the interface it implements.
 *
 * <p>That costs microseconds, so it is done once per class of body; a call site has one class, however many tasks it declares.
 */
final class OutputTypes {
  private static final ClassValue<Holder> BY_CLASS = new ClassValue<>() {
    @Override
    protected Holder computeValue(Class<?> type) {
      return new Holder();
    }
  };

  private OutputTypes() {}

  /** A type, or the reason why there is none. */
  record Reading(@Nullable TypeRef<?> type, String problem) {
    static Reading of(Type type) {
      String flaw = Types.flaw(type);
      return flaw == null
          ? new Reading(TypeRef.ofType(type), "")
          : new Reading(null, Types.name(type) + ", which " + flaw);
    }
  }

  private static final class Holder {
    private volatile @Nullable Reading reading;

    Reading of(Body<?> body) {
      Reading known = reading;
      if (known == null) {
        known = read(body);
        reading = known;
      }
      return known;
    }
  }

  static Reading of(Body<?> body) {
    return BY_CLASS.get(body.getClass()).of(body);
  }

  private static Reading read(Body<?> body) {
    SerializedLambda form = serializedForm(body);
    if (form == null) {
      Type output = argumentOfBody(body.getClass(), Map.of());
      return output == null ? new Reading(null, "a type that is not said") : Reading.of(output);
    }
    ClassLoader loader = body.getClass().getClassLoader();
    try {
      Reading written = Reading.of(implementedType(form, loader));
      if (written.type() != null) {
        return written;
      }
      // A generic method, say Map.Entry::getKey, may still have been used at a definite type.
      Reading used =
          Reading.of(MethodType.fromMethodDescriptorString(form.getInstantiatedMethodType(), loader)
              .returnType());
      return used.type() != null ? used : written;
    } catch (ReflectiveOperationException | TypeNotPresentException | LinkageError e) {
      return new Reading(null, "a type that could not be read (" + e + ")");
    }
  }

  private static Type implementedType(SerializedLambda form, ClassLoader loader)
      throws ReflectiveOperationException {
    Class<?> owner = Class.forName(form.getImplClass().replace('/', '.'), false, loader);
    if (form.getImplMethodKind() == MethodHandleInfo.REF_newInvokeSpecial) {
      return owner;
    }
    MethodType signature =
        MethodType.fromMethodDescriptorString(form.getImplMethodSignature(), loader);
    Method method = find(owner, form.getImplMethodName(), signature);
    if (method == null) {
      throw new NoSuchMethodException(owner.getName() + "." + form.getImplMethodName() + signature);
    }
    return method.getGenericReturnType();
  }

  /** A method reference may name the class it was written on and not the one that declares the method. */
  private static @Nullable Method find(
      @Nullable Class<?> owner, String name, MethodType signature) {
    if (owner == null) {
      return null;
    }
    for (Method method : owner.getDeclaredMethods()) {
      if (method.getName().equals(name)
          && method.getReturnType() == signature.returnType()
          && signature.parameterList().equals(java.util.List.of(method.getParameterTypes()))) {
        return method;
      }
    }
    Method inherited = find(owner.getSuperclass(), name, signature);
    for (Class<?> parent : owner.getInterfaces()) {
      inherited = inherited != null ? inherited : find(parent, name, signature);
    }
    return inherited;
  }

  /** What a class passes to {@link Body} as its argument, with the type variables on the way replaced. */
  private static @Nullable Type argumentOfBody(Class<?> type, Map<TypeVariable<?>, Type> known) {
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      Type[] parents = at.getGenericInterfaces();
      for (Type parent : parents) {
        Type found = argumentIn(parent, known);
        if (found != null) {
          return found;
        }
      }
      if (at.getGenericSuperclass() instanceof ParameterizedType parent) {
        return argumentIn(parent, known);
      }
    }
    return null;
  }

  private static @Nullable Type argumentIn(Type parent, Map<TypeVariable<?>, Type> known) {
    if (!(parent instanceof ParameterizedType p)) {
      return parent instanceof Class<?> c ? argumentOfBody(c, known) : null;
    }
    Class<?> raw = (Class<?>) p.getRawType();
    Map<TypeVariable<?>, Type> arguments = new HashMap<>();
    for (int i = 0; i < raw.getTypeParameters().length; i++) {
      Type argument = p.getActualTypeArguments()[i];
      arguments.put(
          raw.getTypeParameters()[i], Objects.requireNonNullElse(known.get(argument), argument));
    }
    return raw == Body.class
        ? arguments.get(Body.class.getTypeParameters()[0])
        : argumentOfBody(raw, arguments);
  }

  /** The form that a lambda would be serialized as; null for any other object, none of whose code runs here. */
  private static @Nullable SerializedLambda serializedForm(Body<?> body) {
    if (!body.getClass().isSynthetic()) {
      return null;
    }
    FormCapture capture = null;
    try {
      capture = new FormCapture();
      capture.writeObject(body);
    } catch (IOException stopped) {
      // Always, by the hook: nothing is to be written.
    }
    return capture == null ? null : capture.form;
  }

  private static final class FormCapture extends ObjectOutputStream {
    private @Nullable SerializedLambda form;

    FormCapture() throws IOException {
      super(OutputStream.nullOutputStream());
      enableReplaceObject(true);
    }

    /** Called for the body first, and then for the exception that it throws here. */
    @Override
    protected Object replaceObject(Object object) throws IOException {
      if (object instanceof SerializedLambda lambda) {
        form = lambda;
      }
      throw new NotActiveException("only the form was wanted");
    }
  }
}
