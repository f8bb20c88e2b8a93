// A NestJS application whose members can only get roles of their organization's role set. The Express middleware runs in guards of Nest,
// so it protects exactly the handlers that name them. A filter answers what it refuses.

import 'reflect-metadata'
import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  Req,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { RoleSetsClient } from '@rolesets/client'
import {
  authenticate,
  authOf,
  guardRoleGrant,
  problems,
  requirePermission,
  roleGrantOf,
  RoleSetsExpressError,
  type AuthenticateOptions,
  type Middleware,
} from '@rolesets/express'
import type { Request, Response } from 'express'

export interface Settings {
  readonly roleSets: RoleSetsClient
  readonly tokens: AuthenticateOptions
}

const SETTINGS = Symbol('settings')

/** Runs Express middleware, one after the other. An error that one of them passes on is thrown, so the filter answers it. */
abstract class MiddlewareGuard implements CanActivate {
  readonly #middleware: readonly Middleware[]

  constructor(...middleware: readonly Middleware[]) {
    this.#middleware = middleware
  }

  async canActivate(context: ExecutionContext): Promise<true> {
    const http = context.switchToHttp()
    const [req, res] = [http.getRequest<Request>(), http.getResponse<Response>()]
    for (const middleware of this.#middleware) {
      await new Promise<void>((resolve, reject) => {
        middleware(req, res, (error) => (error === undefined ? resolve() : reject(error)))
      })
    }
    return true
  }
}

@Injectable()
class Authenticated extends MiddlewareGuard {
  constructor(@Inject(SETTINGS) { tokens }: Settings) {
    super(authenticate(tokens))
  }
}

@Injectable()
class MayGrantRoles extends MiddlewareGuard {
  constructor(@Inject(SETTINGS) { roleSets }: Settings) {
    super(requirePermission('org:sys_memberships:manage', { roleSets }), guardRoleGrant({ roleSets }))
  }
}

@Controller('organizations/:organizationId/memberships')
@UseGuards(Authenticated)
class MembershipsController {
  @Get()
  list(@Req() req: Request) {
    return { organization: req.params['organizationId'], seenBy: authOf(req)?.userId }
  }

  /** Grant only the roles of `roleGrantOf(req)`: these were checked. Without the guard it throws. */
  @Post()
  @UseGuards(MayGrantRoles)
  create(@Req() req: Request) {
    const { organizationId, roles } = roleGrantOf(req)
    return { organizationId, roles }
  }
}

/** Answers with status, headers and `code`, as in Express. */
@Catch(RoleSetsExpressError)
class ProblemsFilter implements ExceptionFilter<RoleSetsExpressError> {
  readonly #answer = problems()

  catch(error: RoleSetsExpressError, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const res = http.getResponse<Response>()
    this.#answer(error, http.getRequest<Request>(), res, () => res.destroy())
  }
}

@Module({ controllers: [MembershipsController] })
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return { module: AppModule, providers: [{ provide: SETTINGS, useValue: settings }] }
  }
}

export async function createApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings), { logger: ['error', 'warn'] })
  return app.useGlobalFilters(new ProblemsFilter())
}
