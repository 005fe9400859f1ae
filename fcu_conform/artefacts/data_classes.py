"""Data classes whose methods are made when they are first called, for all that is defined at the start of a run.

The standard library writes and compiles up to seven methods where a class is defined. For the classes of this package
that takes a fifth of a bare pytest run, and most of the methods are never called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from functools import cache
    from operator import attrgetter
    from reprlib import recursive_repr

    def dataclass(cls=None, /, *, frozen=False, **options):
        """What `dataclasses.dataclass` makes of a class; with any option but ``frozen`` that function makes it."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, **options)
        if options:
            return dataclasses.dataclass(cls, frozen=frozen, **options)
        own = dict(vars(cls))
        dataclasses.dataclass(init=False, repr=False, eq=False)(cls)  # finds the fields, and compiles nothing
        methods = {"__init__": _init_at_first, "__repr__": _repr, "__eq__": _eq}
        if frozen:
            methods |= {"__setattr__": _refuse_to_assign, "__delattr__": _refuse_to_delete}
        for name, method in methods.items():
            if name not in own:
                setattr(cls, name, method)
        if own.get("__hash__") is None:  # Python puts None there where a class has only `__eq__`
            cls.__hash__ = _hash if frozen else None
        return cls

    def _init_at_first(self, *arguments, **keywords):
        cls = next(one for one in type(self).__mro__ if vars(one).get("__init__") is _init_at_first)
        cls.__init__ = _compile_init(cls)
        cls.__init__(self, *arguments, **keywords)

    def _compile_init(cls):
        """The method that `dataclasses` would have made, which is as fast: a lot makes objects by the million."""
        names = {"__assign": object.__setattr__, "__missing": dataclasses.MISSING}
        parameters, lines = [], []
        for field in dataclasses.fields(cls):
            value = field.name
            if field.default_factory is not dataclasses.MISSING:
                names[f"__make_{field.name}"] = field.default_factory
                value = f"__make_{field.name}()"
                if field.init:
                    parameters.append(f"{field.name}=__missing")
                    value += f" if {field.name} is __missing else {field.name}"
            elif not field.init:
                continue
            elif field.default is not dataclasses.MISSING:
                names[f"__default_{field.name}"] = field.default
                parameters.append(f"{field.name}=__default_{field.name}")
            else:
                parameters.append(field.name)
            lines.append(f" __assign(self, {field.name!r}, {value})")
        if hasattr(cls, "__post_init__"):
            lines.append(" self.__post_init__()")
        source = "\n".join([f"def __init__({', '.join(['self', *parameters])}):", *lines, " return None"])
        exec(source, names)  # noqa: S102 - made of the names of this package's own fields, as `dataclasses` does it
        made = names["__init__"]
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        return made

    @recursive_repr()
    def _repr(self):
        shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        values = _compared(self.__class__)
        return values(self) == values(other)

    def _hash(self):
        return hash(_hashed(self.__class__)(self))

    @cache
    def _compared(cls):
        return _values_of([one.name for one in dataclasses.fields(cls) if one.compare])

    @cache
    def _hashed(cls):
        counts = ((one.name, one.compare if one.hash is None else one.hash) for one in dataclasses.fields(cls))
        return _values_of([name for name, is_hashed in counts if is_hashed])

    def _values_of(names):
        """What gives these attributes of an object as a tuple; of a single one as it is."""
        return attrgetter(*names) if names else lambda _: ()

    def _refuse_to_assign(_self, name, _value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_to_delete(_self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
