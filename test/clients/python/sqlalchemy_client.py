"""SQLAlchemy over psycopg2, with types as pgvector.sqlalchemy has them"""
import sqlalchemy
from sqlalchemy import Column, Float, Index, Integer, cast, create_engine, event, func, select, text
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.types import UserDefinedType

from common import (DIMS, METHOD, QUERY, ROWS, bits, check, least_hamming, nearest, ok, ranked, run, sparse,
                    sparse_from_text, sparse_text, uses_index, vector_from_text, vector_text)


class Distances(UserDefinedType.Comparator):
    def l2_distance(self, other):
        return self.op('<->', return_type=Float)(other)

    def max_inner_product(self, other):
        return self.op('<#>', return_type=Float)(other)

    def cosine_distance(self, other):
        return self.op('<=>', return_type=Float)(other)

    def l1_distance(self, other):
        return self.op('<+>', return_type=Float)(other)

    def hamming_distance(self, other):
        return self.op('<~>', return_type=Float)(other)


class VECTOR(UserDefinedType):
    cache_ok = True
    name = 'VECTOR'
    to_text = staticmethod(vector_text)
    from_text = staticmethod(vector_from_text)
    comparator_factory = Distances

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def get_col_spec(self, **options):
        return f'{self.name}({self.dim})'

    def bind_processor(self, dialect):
        return lambda value: None if value is None else self.to_text(value)

    def literal_processor(self, dialect):
        return lambda value: f"'{self.to_text(value)}'"

    def result_processor(self, dialect, coltype):
        return self.from_text


class HALFVEC(VECTOR):
    cache_ok = True
    name = 'HALFVEC'


class SPARSEVEC(VECTOR):
    cache_ok = True
    name = 'SPARSEVEC'
    to_text = staticmethod(sparse_text)
    from_text = staticmethod(sparse_from_text)


class BIT(VECTOR):
    cache_ok = True
    name = 'BIT'
    to_text = staticmethod(str)
    from_text = staticmethod(lambda value: value)


Base = declarative_base()


class Item(Base):
    __tablename__ = 'sqlalchemy_items'
    id = Column(Integer, primary_key=True)
    category = Column(Integer)
    embedding = Column(VECTOR(DIMS))
    half_embedding = Column(HALFVEC(DIMS))
    binary_embedding = Column(BIT(DIMS))
    sparse_embedding = Column(SPARSEVEC(DIMS))


# In HNSW's own terms, as its README: m and ef_construction, an expression at
# half precision, and bits
INDEXES = [
    Index('sqlalchemy_items_embedding_idx', Item.embedding, postgresql_using=METHOD,
          postgresql_with={'m': 16, 'ef_construction': 64}, postgresql_ops={'embedding': 'vector_l2_ops'}),
    Index('sqlalchemy_items_half_idx', cast(Item.embedding, HALFVEC(DIMS)).label('half'), postgresql_using=METHOD,
          postgresql_ops={'half': 'halfvec_cosine_ops'}),
    Index('sqlalchemy_items_bit_idx', cast(func.binary_quantize(Item.embedding), BIT(DIMS)).label('bits'),
          postgresql_using=METHOD, postgresql_ops={'bits': 'bit_hamming_ops'}),
]


def store(engine):
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([
            Item(category=row['category'], embedding=row['embedding'], half_embedding=row['embedding'],
                 binary_embedding=bits(row['embedding']), sparse_embedding=sparse(row['embedding'])) for row in ROWS])
        session.add(Item())
        session.commit()
        session.execute(text('ANALYZE sqlalchemy_items'))
        session.commit()


def program():
    engine = create_engine('postgresql+psycopg2://')
    event.listen(engine, 'connect', lambda connection, record: connection.cursor().execute('SET hnsw.ef_search = 100'))
    store(engine)

    with Session(engine) as session:
        def find(distance):
            return list(session.scalars(select(Item.id).order_by(distance).limit(5)))

        def plan(distance, index):
            statement = select(Item.id).order_by(distance).limit(5)
            sql = str(statement.compile(engine, compile_kwargs={'literal_binds': True}))
            uses_index(session.execute(text('EXPLAIN ' + sql.replace(':', r'\:'))).fetchall(), index)

        vector = ROWS[6]['embedding']
        item = session.get(Item, 7)
        check([item.embedding, item.half_embedding, item.binary_embedding, item.sparse_embedding],
              [vector, vector, bits(vector), sparse(vector)], 'values of all types')

        plan(Item.embedding.l2_distance(QUERY), 'sqlalchemy_items_embedding_idx')
        check(find(Item.embedding.l2_distance(QUERY)), nearest('l2'), 'L2 by the index')
        half = cast(Item.embedding, HALFVEC(DIMS)).cosine_distance(QUERY)
        plan(half, 'sqlalchemy_items_half_idx')
        check(find(half), nearest('cosine'), 'cosine at half precision by the index on an expression')
        check(find(Item.embedding.max_inner_product(QUERY)), nearest('ip'), 'inner product')
        check(find(Item.embedding.l1_distance(QUERY)), nearest('l1'), 'L1')
        check(find(Item.half_embedding.l2_distance(QUERY)), nearest('l2'), 'halfvec')
        check(find(Item.sparse_embedding.l2_distance(sparse(QUERY))), nearest('sparse'), 'sparsevec')
        ok(least_hamming(find(Item.binary_embedding.hamming_distance(bits(QUERY)))), 'Hamming')

        coarse = cast(func.binary_quantize(Item.embedding), BIT(DIMS)).hamming_distance(
            func.binary_quantize(cast(QUERY, VECTOR(DIMS))))
        plan(coarse, 'sqlalchemy_items_bit_idx')
        ok(least_hamming(find(coarse)), 'bits of vectors by the index on an expression')
        near = select(Item).order_by(coarse).limit(100).subquery()
        candidates = set(session.scalars(select(near.c.id)))
        again = list(session.scalars(select(near.c.id).order_by(near.c.embedding.cosine_distance(QUERY)).limit(5)))
        check([len(candidates), again], [100, ranked(candidates, 'cosine')], 'bits, then ranked by the vectors')

        within = select(Item.id).where(Item.embedding.l2_distance(vector) < 0.5)
        check(list(session.scalars(within)), [7], 'within a distance')
        average = session.scalar(select(func.avg(Item.embedding, type_=VECTOR(DIMS))).where(Item.id <= 4))
        check(average, [sum(row['embedding'][i] for row in ROWS[:4]) / 4 for i in range(DIMS)], 'avg')


run('sqlalchemy', sqlalchemy.__version__, '`postgresql_using="kg_hnsw"`', program)
