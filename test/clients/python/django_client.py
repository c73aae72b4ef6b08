"""Django over psycopg2, with a field, distances and indexes as pgvector.django has them"""
import os

import django
from django.conf import settings

settings.configure(
    DATABASES={'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'],
                           'USER': os.environ['PGUSER'], 'HOST': os.environ['PGHOST'],
                           'PORT': os.environ.get('PGPORT', '')}},
    INSTALLED_APPS=['django.contrib.postgres'], DEFAULT_AUTO_FIELD='django.db.models.AutoField')
django.setup()

from django.contrib.postgres.indexes import OpClass, PostgresIndex  # noqa: E402
from django.contrib.postgres.operations import CreateExtension  # noqa: E402
from django.db import connection, migrations, models  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402
from django.db.models import Avg, Func, Value  # noqa: E402
from django.db.models.functions import Cast  # noqa: E402

from common import (DIMS, METHOD, QUERY, ROWS, bits, check, least_hamming, nearest, ok, run, sparse,  # noqa: E402
                    sparse_from_text, sparse_text, uses_index, vector_from_text, vector_text)


class VectorField(models.Field):
    type_name = 'vector'
    to_text = staticmethod(vector_text)
    from_text = staticmethod(vector_from_text)

    def __init__(self, *args, dimensions=None, **kwargs):
        self.dimensions = dimensions
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, 'dimensions': self.dimensions}

    def db_type(self, connection):
        return f'{self.type_name}({self.dimensions})' if self.dimensions else self.type_name

    def from_db_value(self, value, expression, connection):
        return self.from_text(value)

    def get_prep_value(self, value):
        return None if value is None else self.to_text(value)


class HalfVectorField(VectorField):
    type_name = 'halfvec'


class SparseVectorField(VectorField):
    type_name = 'sparsevec'
    to_text = staticmethod(sparse_text)
    from_text = staticmethod(sparse_from_text)


class BitField(VectorField):
    type_name = 'bit'
    to_text = staticmethod(str)
    from_text = staticmethod(lambda value: value)


class HnswIndex(PostgresIndex):
    suffix = METHOD

    def __init__(self, *expressions, m=None, ef_construction=None, **kwargs):
        self.options = {'m': m, 'ef_construction': ef_construction}
        super().__init__(*expressions, **kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, **{k: v for k, v in self.options.items() if v is not None}}

    def get_with_params(self):
        return [f'{k} = {v}' for k, v in self.options.items() if v is not None]


class Distance(Func):
    output_field = models.FloatField()
    template = '(%(expressions)s)'

    def __init__(self, column, value, operator, field=None):
        if not hasattr(value, 'resolve_expression'):
            value = Value(value, output_field=field or VectorField())
        self.arg_joiner = f' {operator} '
        super().__init__(column, value)


def distance_of(operator, field=None):
    return lambda column, value: Distance(column, value, operator, field)


L2Distance = distance_of('<->')
MaxInnerProduct = distance_of('<#>')
CosineDistance = distance_of('<=>')
L1Distance = distance_of('<+>')
HammingDistance = distance_of('<~>', BitField())


# A migration as "makemigrations" writes it; HNSW's suffix is the access method.
class Migration(migrations.Migration):
    operations = [
        CreateExtension('vector'),
        migrations.CreateModel('Item', [
            ('id', models.AutoField(primary_key=True)),
            ('category', models.IntegerField(null=True)),
            ('embedding', VectorField(dimensions=DIMS, null=True)),
            ('half_embedding', HalfVectorField(dimensions=DIMS, null=True)),
            ('binary_embedding', BitField(dimensions=DIMS, null=True)),
            ('sparse_embedding', SparseVectorField(dimensions=DIMS, null=True)),
        ], options={'db_table': 'django_items'}),
        migrations.AddIndex('Item', HnswIndex(name='django_items_embedding_idx', fields=['embedding'], m=16,
                                              ef_construction=64, opclasses=['vector_l2_ops'])),
        migrations.AddIndex('Item', HnswIndex(
            OpClass(Cast('embedding', HalfVectorField(dimensions=DIMS)), name='halfvec_l2_ops'),
            name='django_items_half_idx')),
    ]


def migrate():
    state = ProjectState()
    with connection.schema_editor() as editor:
        editor.execute('DROP TABLE IF EXISTS django_items')
    with connection.schema_editor() as editor:
        state = Migration('first', 'items').apply(state, editor)
    return state.apps.get_model('items', 'Item')


def program():
    Item = migrate()

    def find(distance, objects=None):
        return list((objects or Item.objects).order_by(distance).values_list('id', flat=True)[:5])

    Item.objects.bulk_create([
        Item(category=row['category'], embedding=row['embedding'], half_embedding=row['embedding'],
             binary_embedding=bits(row['embedding']), sparse_embedding=sparse(row['embedding'])) for row in ROWS] + [Item()])
    with connection.cursor() as cursor:
        cursor.execute('ANALYZE django_items')
        cursor.execute('SET hnsw.ef_search = 100')

    vector = ROWS[6]['embedding']
    item = Item.objects.get(pk=7)
    check([item.embedding, item.half_embedding, item.binary_embedding, item.sparse_embedding],
          [vector, vector, bits(vector), sparse(vector)], 'values of all types')

    near = Item.objects.order_by(L2Distance('embedding', QUERY)).values('id')[:5]
    uses_index(near.explain(), 'django_items_embedding_idx')
    check(find(L2Distance('embedding', QUERY)), nearest('l2'), 'L2 by the index')
    half = Distance(Cast('embedding', HalfVectorField(dimensions=DIMS)), QUERY, '<->', HalfVectorField())
    uses_index(Item.objects.order_by(half).values('id')[:5].explain(), 'django_items_half_idx')
    check(find(half), nearest('l2'), 'at half precision by the index on an expression')
    check(find(MaxInnerProduct('embedding', QUERY)), nearest('ip'), 'inner product')
    check(find(CosineDistance('embedding', QUERY)), nearest('cosine'), 'cosine')
    check(find(L1Distance('embedding', QUERY)), nearest('l1'), 'L1')
    check(find(Distance('half_embedding', QUERY, '<->', HalfVectorField())), nearest('l2'), 'halfvec')
    check(find(Distance('sparse_embedding', sparse(QUERY), '<->', SparseVectorField())), nearest('sparse'), 'sparsevec')
    ok(least_hamming(find(HammingDistance('binary_embedding', bits(QUERY)))), 'Hamming')

    within = Item.objects.alias(distance=L2Distance('embedding', vector)).filter(distance__lt=0.5)
    check(list(within.values_list('id', flat=True)), [7], 'within a distance')
    average = Item.objects.filter(id__lte=4).aggregate(average=Avg('embedding', output_field=VectorField()))
    check(average['average'], [sum(row['embedding'][i] for row in ROWS[:4]) / 4 for i in range(DIMS)], 'Avg')


run('django', django.get_version(), '`HnswIndex` with `suffix = "kg_hnsw"`', program)
