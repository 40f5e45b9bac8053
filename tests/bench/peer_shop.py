"""The peer of the storefront: the same products, logins and orders on FastAPI and SQLAlchemy's asyncio ORM.

Written as their documentation teaches: pydantic models, a session per request, ORM objects, argon2id, PyJWT.
"""

import asyncio
import datetime
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pwdlib import PasswordHash
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, DateTime, ForeignKey, Index, Numeric, event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

CENT = Decimal("0.01")
KEY = secrets.token_urlsafe(32)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012
        Decimal: Numeric(12, 2),
        datetime.datetime: DateTime(timezone=True),
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    last_login: Mapped[datetime.datetime | None]


class RefreshToken(Base):
    __tablename__ = "refresh_tokens"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (Index("idx_active_featured", "is_active", "featured", "created_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    sku: Mapped[str] = mapped_column(unique=True)
    price: Mapped[Decimal] = mapped_column(index=True)
    cost: Mapped[Decimal | None]
    category_id: Mapped[int] = mapped_column(index=True)
    stock_quantity: Mapped[int] = mapped_column(default=0)
    weight: Mapped[float | None]
    dimensions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tags: Mapped[list[str]] = mapped_column(default=list)
    images: Mapped[list[str]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    featured: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime.datetime] = mapped_column(default=now)


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    order_number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default="pending", index=True)
    subtotal: Mapped[Decimal]
    tax_amount: Mapped[Decimal]
    shipping_amount: Mapped[Decimal]
    total: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="USD")
    payment_method: Mapped[str]
    payment_status: Mapped[str] = mapped_column(default="pending")
    shipping_address: Mapped[dict[str, Any]]
    created_at: Mapped[datetime.datetime] = mapped_column(default=now)
    items: Mapped[list["OrderItem"]] = relationship(lazy="raise")


class OrderItem(Base):
    __tablename__ = "order_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    total_price: Mapped[Decimal]
    product_snapshot: Mapped[dict[str, Any]]


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProductRead(Read):
    id: int
    name: str
    description: str
    sku: str
    price: float
    category_id: int
    stock_quantity: int
    weight: float | None
    dimensions: dict[str, float]
    attributes: dict[str, Any]
    tags: list[str]
    images: list[str]
    is_active: bool
    featured: bool
    created_at: datetime.datetime


class OrderItemRead(Read):
    product_id: int
    quantity: int
    unit_price: float
    total_price: float
    product_snapshot: dict[str, Any]


class OrderRead(Read):
    id: int
    user_id: int
    order_number: str
    status: str
    subtotal: float
    tax_amount: float
    shipping_amount: float
    total: float
    currency: str
    payment_status: str
    created_at: datetime.datetime
    items: list[OrderItemRead]


class Item(BaseModel):
    product_id: int
    quantity: Annotated[int, Field(gt=0)]


class OrderCreate(BaseModel):
    items: Annotated[list[Item], Field(min_length=1)]
    shipping_address: dict[str, str]
    payment_method: str


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"


engine = create_async_engine(os.environ["SHOP_DATABASE"])
sessions = async_sessionmaker(engine, expire_on_commit=False)
passwords = PasswordHash.recommended()

if engine.dialect.name == "sqlite":

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        session.add(User(email="buyer@example.com", password_hash=passwords.hash("correct horse")))
        count = int(os.environ.get("SHOP_PRODUCTS", "1000"))
        session.add_all(_product(number) for number in range(1, count + 1))
    yield
    await engine.dispose()


def _product(number: int) -> Product:
    return Product(
        name=f"Product {number}",
        description=f"What product {number} is good for",
        sku=f"SKU-{number:06}",
        price=Decimal(number % 500) + Decimal("0.99"),
        category_id=number % 20 + 1,
        stock_quantity=1_000_000,
        dimensions={"length": 1.0, "width": 2.0},
        attributes={"colour": "blue"},
        tags=["one", "two"],
        featured=number % 10 == 0,
    )


async def session_of_request() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of_request)]


async def user_of_request(
    session: Session, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> User:
    try:
        claims = jwt.decode(credentials.credentials, KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None
    user = await session.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(401, "Invalid token")
    return user


app = FastAPI(lifespan=lifespan)


@app.get("/products", response_model=list[ProductRead])
async def products(
    session: Session,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    category_id: int | None = None,
) -> Any:
    query = select(Product).where(Product.is_active).order_by(Product.featured.desc(), Product.created_at.desc())
    if category_id is not None:
        query = query.where(Product.category_id == category_id)
    return (await session.scalars(query.offset(skip).limit(limit))).all()


@app.post("/auth/login")
async def login(session: Session, email: str, password: str) -> Tokens:
    user = await session.scalar(select(User).where(User.email == email))
    if user is None or not await asyncio.to_thread(passwords.verify, password, user.password_hash):
        raise HTTPException(401, "Invalid credentials")
    user.last_login = now()
    refresh = RefreshToken(id=secrets.token_urlsafe(32), user_id=user.id)
    session.add(refresh)
    await session.commit()
    claims = {"sub": str(user.id), "type": "access", "exp": now() + datetime.timedelta(minutes=30)}
    return Tokens(access_token=jwt.encode(claims, KEY, "HS256"), refresh_token=refresh.id)


@app.post("/orders", response_model=OrderRead)
async def order(draft: OrderCreate, session: Session, user: Annotated[User, Depends(user_of_request)]) -> Any:
    ids = sorted({item.product_id for item in draft.items})
    query = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    found = {product.id: product for product in await session.scalars(query)}
    items = [_item(found, item) for item in draft.items]
    subtotal = sum((item.total_price for item in items), Decimal(0))
    tax = (subtotal * Decimal("0.08")).quantize(CENT, ROUND_HALF_UP)
    shipping = Decimal("9.99") if subtotal < 50 else Decimal(0)
    made = Order(
        user_id=user.id,
        order_number=f"ORD-{secrets.token_hex(4).upper()}",
        subtotal=subtotal,
        tax_amount=tax,
        shipping_amount=shipping,
        total=subtotal + tax + shipping,
        payment_method=draft.payment_method,
        shipping_address=draft.shipping_address,
        items=items,
    )
    session.add(made)
    await session.commit()
    return made


def _item(found: dict[int, Product], item: Item) -> OrderItem:
    product = found.get(item.product_id)
    if product is None:
        raise HTTPException(404, f"Product {item.product_id} not found")
    if product.stock_quantity < item.quantity:
        raise HTTPException(409, f"Insufficient stock for {product.name}")
    product.stock_quantity -= item.quantity
    return OrderItem(
        product_id=product.id,
        quantity=item.quantity,
        unit_price=product.price,
        total_price=product.price * item.quantity,
        product_snapshot={"name": product.name, "sku": product.sku, "price": float(product.price)},
    )
